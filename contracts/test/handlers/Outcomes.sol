// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {IRewardRule} from "../../solidity/IRewardRule.sol";
import {Ghost} from "./Ghost.sol";

/// @title What becomes of models, in the test's own words
abstract contract Outcomes is Ghost {
    /// @dev A sound row of that seat came in; a second one changes nothing.
    function _count(uint256 modelId, uint256 seat, int256 margin) internal {
        ModelBook storage m = _models[modelId];
        SeatBook storage s = _seats[modelId][seat];
        if (s.timesCounted != 0) return;
        s.timesCounted = 1;
        s.margin = margin;
        ++m.reports;
        if (margin > _terms[m.taskId].mafrBps) ++m.passes;
        if (!_bonded(m.taskId)) _credit[s.verifier] += _terms[m.taskId].verifierFee;
    }

    function _decide(uint256 modelId, uint256 spent) internal {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        (bool answered, bool rewarded, uint256 amount) = _askRule(modelId);
        if (!answered) {
            _note(Reach.VoidByRule);
            _settle(modelId, ITaskMarket.ModelState.Void, spent);
        } else if (!rewarded) {
            _settle(modelId, ITaskMarket.ModelState.Rejected, spent);
        } else {
            if (amount > t.modelReward) amount = t.modelReward;
            if (amount < t.modelReward) _note(Reach.SmallReward);
            m.paid = amount;
            _credit[m.contributor] += amount;
            _settle(modelId, ITaskMarket.ModelState.Rewarded, spent + amount);
        }
    }

    function _askRule(uint256 modelId) private view returns (bool answered, bool rewarded, uint256 amount) {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        if (t.rule == _hostileRules[0]) return (true, true, type(uint256).max);
        for (uint256 i = 1; i < _hostileRules.length; ++i) {
            if (t.rule == _hostileRules[i]) return (false, false, 0);
        }
        (rewarded, amount) = IRewardRule(t.rule).decide(t.mafrBps, t.modelReward, _margins(modelId));
        answered = true;
    }

    /// @dev From the last seat to the first: a rule must not care.
    function _margins(uint256 modelId) private view returns (int256[] memory list) {
        list = new int256[](_models[modelId].reports);
        uint256 next;
        for (uint256 i = _seats[modelId].length; i > 0; --i) {
            SeatBook storage s = _seats[modelId][i - 1];
            if (s.timesCounted != 0) list[next++] = s.margin;
        }
    }

    function _settle(uint256 modelId, ITaskMarket.ModelState outcome, uint256 spent) internal {
        ModelBook storage m = _models[modelId];
        TaskBook storage t = _tasks[m.taskId];
        ITaskMarket.Terms storage terms = _terms[m.taskId];
        _giveBack(m.taskId, _budget(m.taskId) - m.reports * terms.verifierFee - spent);
        if (m.state == ITaskMarket.ModelState.Announced) (m.baseCount, m.baseDigest) = (t.baseCount, t.baseDigest);
        m.state = outcome;
        m.since = block.timestamp;
        ++m.timesSettled;
        (t.lastSince, t.lastBlock) = (block.timestamp, block.number);
        ++t.turn;
        _note(Reach(uint256(Reach.Rewarded) + uint256(outcome) - uint256(ITaskMarket.ModelState.Rewarded)));
        bool fused = outcome == ITaskMarket.ModelState.Rewarded
            || (outcome == ITaskMarket.ModelState.Rejected && terms.base == ITaskMarket.Base.Announced);
        if (!fused || terms.fitness == ITaskMarket.FitnessKind.Standalone) return;
        ++t.baseCount;
        t.baseDigest = keccak256(bytes.concat(t.baseDigest, keccak256(_cid(m.taskId, m.index))));
    }

    /// @dev The lower median, by counting: the least measured margin that half of the measured ones do not exceed.
    /// @return found whether anything was measured
    function _medianOf(uint256 modelId) internal view returns (bool found, int256 median) {
        int256[] memory all = _margins(modelId);
        for (uint256 i; i < all.length; ++i) {
            if (all[i] < -10_000 || (found && all[i] >= median)) continue;
            (uint256 upTo, uint256 measured) = (0, 0);
            for (uint256 j; j < all.length; ++j) {
                if (all[j] >= -10_000) ++measured;
                if (all[j] >= -10_000 && all[j] <= all[i]) ++upTo;
            }
            if (2 * upTo >= measured) (found, median) = (true, all[i]);
        }
    }

    function _near(int256 margin, uint256 plantBps, uint256 tolerance) internal pure returns (bool) {
        int256 plant = int256(plantBps);
        return margin >= plant - int256(tolerance) && margin <= plant + int256(tolerance);
    }
}
