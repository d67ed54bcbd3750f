// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRewardRule, NO_MEASUREMENT} from "../IRewardRule.sol";

/// @title The median margin decides and is what is paid for
/// @notice Pays "according to the value of their contribution" (Section II of the paper) like `ProportionalReward`, but
///         takes the lower median of all margins for the value. With n margins in ascending order that is number
///         k = ⌈n/2⌉. It decides as the paper's majority (Section III-A) does, and liars cannot buy with it:
///
///         - The median exceeds MAFR ⇔ at most k − 1 margins do not ⇔ at least n − k + 1 = ⌊n/2⌋ + 1 do ⇔ strictly more
///           than half do.
///         - If fewer than half lie, there are at most k − 1 liars. So fewer than k margins lie below all honest ones:
///           the median is at least the least honest margin. And the honest margins number at least ⌊n/2⌋ + 1 ≥ k: the
///           median is at most the greatest of them. The pay grows with the median, so it stays between what these two
///           honest margins would earn.
///
///         Evaluations that measured nothing stand below all others, as votes against.
contract MedianReward is IRewardRule {
    /// @notice The median margin in basis points that earns the whole reward.
    uint256 public immutable fullMarginBps;

    error FullMarginOutOfRange(uint256 fullMarginBps);

    constructor(uint256 fullMarginBps_) {
        if (fullMarginBps_ == 0 || fullMarginBps_ > 10_000) revert FullMarginOutOfRange(fullMarginBps_);
        fullMarginBps = fullMarginBps_;
    }

    /// @inheritdoc IRewardRule
    function decide(int256 mafrBps, uint256 modelReward, int256[] calldata margins)
        external
        view
        returns (bool rewarded, uint256 amount)
    {
        int256 median = _lowerMedian(margins);
        rewarded = median > mafrBps;
        if (!rewarded || median <= 0) return (rewarded, 0);
        amount = uint256(median) < fullMarginBps ? modelReward * uint256(median) / fullMarginBps : modelReward;
    }

    /// @dev The least value that at least half of the margins do not exceed, found by halving the range of values: at
    ///      most 16 counts whatever the margins and their order, no memory, nothing to sort.
    function _lowerMedian(int256[] calldata margins) private pure returns (int256) {
        (int256 low, int256 high) = (NO_MEASUREMENT, int256(10_000));
        while (low < high) {
            int256 middle = (low + high) >> 1;
            if (2 * _countUpTo(middle, margins) < margins.length) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    function _countUpTo(int256 limit, int256[] calldata margins) private pure returns (uint256 count) {
        // slither-disable-next-line assembly: sixteen looks at each margin, each without a bounds check
        assembly ("memory-safe") {
            let end := add(margins.offset, shl(5, margins.length))
            for { let margin := margins.offset } lt(margin, end) { margin := add(margin, 32) } {
                count := add(count, iszero(sgt(calldataload(margin), limit)))
            }
        }
    }
}
