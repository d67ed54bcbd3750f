// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A panel's seats, packed into words
/// @dev   A word holds the pool slots of seven seats, 32 bits each from the lowest bit up, and above them two flags for
///        each of these seats: seven for "its evaluation was counted", then seven for "it was settled".
library Seats {
    uint256 internal constant PER_WORD = 7;
    uint256 private constant COUNTED = 224;
    uint256 private constant SETTLED = 231;
    uint256 private constant FLAGS = (1 << PER_WORD) - 1;

    /// @notice How many words so many seats take.
    function wordsOf(uint256 seats) internal pure returns (uint256) {
        unchecked {
            return (seats + PER_WORD - 1) / PER_WORD;
        }
    }

    /// @notice The word with a seat given to a pool slot.
    function give(uint256 word, uint256 place, uint256 slot) internal pure returns (uint256) {
        unchecked {
            return word | uint256(uint32(slot)) << (place * 32);
        }
    }

    /// @notice The pool slot that holds a seat.
    function slotAt(uint256 word, uint256 place) internal pure returns (uint256) {
        unchecked {
            return uint32(word >> (place * 32));
        }
    }

    /// @notice The flags of counted seats, the first seat's lowest.
    function counted(uint256 word) internal pure returns (uint256) {
        return word >> COUNTED & FLAGS;
    }

    /// @notice The word with more seats counted.
    function count(uint256 word, uint256 flags) internal pure returns (uint256) {
        return word | (flags & FLAGS) << COUNTED;
    }

    /// @notice The flags of settled seats, the first seat's lowest.
    function settled(uint256 word) internal pure returns (uint256) {
        return word >> SETTLED & FLAGS;
    }

    /// @notice The word with one more seat settled.
    function settle(uint256 word, uint256 place) internal pure returns (uint256) {
        return word | 1 << (SETTLED + place);
    }
}
