// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Draws without replacement from 0 … size−1
/// @dev   A Fisher–Yates shuffle that is run only as far as needed and remembers only the entries it displaced, in
///        memory: k draws cost O(k²) small steps whatever the size.
library Lottery {
    struct Urn {
        bytes32 seed;
        uint256 remaining;
        uint256 displaced;
        uint256[] places;
        uint256[] tickets;
    }

    /// @param size how many tickets there are
    /// @param draws how many times `draw` will be called at most
    function fill(bytes32 seed, uint256 size, uint256 draws) internal pure returns (Urn memory) {
        return Urn(seed, size, 0, new uint256[](draws), new uint256[](draws));
    }

    /// @notice Takes one ticket out of an urn that is not empty.
    function draw(Urn memory urn) internal pure returns (uint256 ticket) {
        uint256 place = uint256(keccak256(abi.encode(urn.seed, urn.remaining))) % urn.remaining;
        uint256 last = --urn.remaining;
        uint256 found = _find(urn, place);
        ticket = found < urn.displaced ? urn.tickets[found] : place;
        if (place == last) return ticket;

        uint256 moved = _find(urn, last);
        urn.tickets[found] = moved < urn.displaced ? urn.tickets[moved] : last;
        if (found == urn.displaced) {
            urn.places[found] = place;
            ++urn.displaced;
        }
    }

    function _find(Urn memory urn, uint256 place) private pure returns (uint256 i) {
        uint256[] memory places = urn.places;
        for (uint256 end = urn.displaced; i < end; ++i) {
            if (places[i] == place) return i;
        }
    }
}
