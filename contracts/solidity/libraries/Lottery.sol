// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Draws without replacement from 0 … size−1
/// @dev   A Fisher–Yates shuffle that is run only as far as needed and remembers only the places whose ticket was
///        displaced, in a hash table in memory (open addressing, at most half full): k draws cost O(k) small steps
///        whatever the size. An entry is two words: the place plus one, or 0 where the table is empty, and
///        ticket XOR place, which is 0 for a place that still has its own ticket.
library Lottery {
    struct Urn {
        bytes32 seed;
        uint256 remaining;
        uint256 mask;
        uint256[] table;
    }

    /// @param size how many tickets there are
    /// @param draws how many times `draw` will be called at most
    function fill(bytes32 seed, uint256 size, uint256 draws) internal pure returns (Urn memory) {
        uint256 capacity = 16;
        while (capacity < 2 * draws) capacity *= 2;
        return Urn(seed, size, capacity - 1, new uint256[](2 * capacity));
    }

    /// @notice Takes one ticket out of an urn that is not empty.
    function draw(Urn memory urn) internal pure returns (uint256 ticket) {
        uint256 last = urn.remaining;
        uint256 place = _random(urn.seed, last) % last;
        unchecked {
            urn.remaining = --last;
        }
        uint256 found = _find(urn, place);
        uint256 moved = _find(urn, last);
        // slither-disable-next-line assembly: Solidity would check bounds that hold by construction
        assembly ("memory-safe") {
            ticket := xor(place, mload(add(found, 32)))
            let replacement := xor(last, mload(add(moved, 32)))
            mstore(found, add(place, 1))
            mstore(add(found, 32), xor(place, replacement))
        }
    }

    /// @dev Where in memory the place's entry lies, or the empty one that it would take.
    function _find(Urn memory urn, uint256 place) private pure returns (uint256 entry) {
        (uint256[] memory table, uint256 mask) = (urn.table, urn.mask);
        // slither-disable-next-line assembly: the innermost loop of every draw
        assembly ("memory-safe") {
            let first := add(table, 32)
            let key := add(place, 1)
            for { let i := place } 1 { i := add(i, 1) } {
                entry := add(first, shl(6, and(i, mask)))
                let held := mload(entry)
                if or(iszero(held), eq(held, key)) { break }
            }
        }
    }

    /// @dev keccak256(seed ‖ remaining).
    function _random(bytes32 seed, uint256 remaining) private pure returns (uint256 hash) {
        // slither-disable-next-line assembly: hashes in scratch space, without new memory for each draw
        assembly ("memory-safe") {
            mstore(0, seed)
            mstore(32, remaining)
            hash := keccak256(0, 64)
        }
    }
}
