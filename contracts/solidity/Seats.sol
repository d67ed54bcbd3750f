// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A panel's seats, packed into words
/// @dev   A word holds the pool slots of seven seats, 32 bits each from the lowest bit up, and above them one flag for
///        each of these seats: whether its evaluation was counted.
library Seats {
    uint256 internal constant PER_WORD = 7;
    uint256 private constant FLAGS = 224;

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

    /// @notice The flags of a word, the first seat's lowest.
    function flagsOf(uint256 word) internal pure returns (uint256) {
        return word >> FLAGS;
    }

    /// @notice The word with more flags set.
    function flag(uint256 word, uint256 flags) internal pure returns (uint256) {
        return word | flags << FLAGS;
    }
}
