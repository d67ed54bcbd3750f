// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Margins of a panel's evaluations, sixteen to a word
/// @dev   A margin is fitness − reference in basis points, −10,000 … 10,000, or UNMEASURED. In storage one is kept by
///        seat, and only where a later call needs it.
library Margins {
    uint256 internal constant PER_WORD = 16;
    int256 internal constant UNMEASURED = type(int16).min;

    /// @notice The margin at a place of a word.
    function marginAt(uint256 word, uint256 place) internal pure returns (int256) {
        return int16(uint16(word >> place * 16));
    }

    /// @notice The word with a margin written to a place that was empty.
    function put(uint256 word, uint256 place, int256 margin) internal pure returns (uint256) {
        return word | uint256(uint16(int16(margin))) << place * 16;
    }

    /// @notice The lower median of those that were measured; UNMEASURED if none was. Sorts the array in place.
    function median(int256[] memory margins) internal pure returns (int256) {
        uint256 size = margins.length;
        uint256 unmeasured = 0;
        for (uint256 i; i < size; ++i) {
            int256 margin = margins[i];
            if (margin == UNMEASURED) ++unmeasured;
            uint256 j = i;
            for (; j != 0 && margins[j - 1] > margin; --j) {
                margins[j] = margins[j - 1];
            }
            margins[j] = margin;
        }
        // UNMEASURED is the smallest of all, so those stand first.
        return unmeasured == size ? UNMEASURED : margins[unmeasured + (size - unmeasured - 1) / 2];
    }
}
