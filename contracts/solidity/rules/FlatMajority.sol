// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRewardRule} from "../IRewardRule.sol";

/// @title The paper's rule: a majority above MAFR earns the whole reward
/// @notice "If the majority of the evaluations exceeds the MAFR" (Section III-A): strictly more than half of the counted
///         evaluations, each strictly above. It pays for having passed, not for how far.
contract FlatMajority is IRewardRule {
    /// @inheritdoc IRewardRule
    function decide(int256 mafrBps, uint256 modelReward, int256[] calldata margins)
        external
        pure
        returns (bool rewarded, uint256 amount)
    {
        // Each settlement of the default rule runs this loop; Solidity's would check each index.
        // slither-disable-next-line assembly: see above
        assembly ("memory-safe") {
            let end := add(margins.offset, shl(5, margins.length))
            let passes := 0
            for { let margin := margins.offset } lt(margin, end) { margin := add(margin, 32) } {
                passes := add(passes, sgt(calldataload(margin), mafrBps))
            }
            rewarded := gt(add(passes, passes), margins.length)
            amount := mul(rewarded, modelReward)
        }
    }
}
