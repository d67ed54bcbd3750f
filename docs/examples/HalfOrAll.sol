// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRewardRule} from "IRewardRule.sol";

/// @title Half of the reward for a majority, all of it for a panel of one mind
contract HalfOrAll is IRewardRule {
    /// @inheritdoc IRewardRule
    function decide(int256 mafrBps, uint256 modelReward, int256[] calldata margins)
        external
        pure
        returns (bool rewarded, uint256 amount)
    {
        uint256 passes;
        for (uint256 i; i < margins.length; ++i) {
            // An evaluation that measured nothing is below every MAFR, so here it votes against.
            if (margins[i] > mafrBps) ++passes;
        }
        rewarded = 2 * passes > margins.length;
        amount = passes == margins.length ? modelReward : modelReward / 2;
    }
}
