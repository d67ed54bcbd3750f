// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRewardRule, NO_MEASUREMENT} from "../IRewardRule.sol";

/// @title A majority decides, the mean margin is what is paid for
/// @notice The paper lets contributors earn "according to the value of their contribution" (Section II). Here the value
///         is the mean margin: a mean of `fullMarginBps` or more earns the whole reward, half of that half of it, nothing
///         or less than nothing earns 0. Evaluations that measured nothing vote against and stay out of the mean.
///
///         A mean follows every single evaluation: one verifier among n who reports 10,000 basis points too much raises
///         it by 10,000 / n. `MedianReward` is the rule for panels that are not trusted.
contract ProportionalReward is IRewardRule {
    /// @notice The mean margin in basis points that earns the whole reward.
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
        (uint256 passes, uint256 measured, int256 sum) = (0, 0, 0);
        for (uint256 i; i < margins.length; ++i) {
            int256 margin = margins[i];
            if (margin > mafrBps) ++passes;
            if (margin == NO_MEASUREMENT) continue;
            ++measured;
            sum += margin;
        }
        rewarded = 2 * passes > margins.length;
        if (!rewarded || sum <= 0) return (rewarded, 0);
        uint256 whole = measured * fullMarginBps;
        amount = uint256(sum) < whole ? modelReward * uint256(sum) / whole : modelReward;
    }
}
