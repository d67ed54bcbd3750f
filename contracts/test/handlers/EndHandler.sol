// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {AnswerHandler} from "./AnswerHandler.sol";

/// @title Acts after the deadlines: expiry, seats, plants
abstract contract EndHandler is AnswerHandler {
    function expire(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed >> 8, [Wanted.Head, Wanted.Drawn, Wanted.Decidable, Wanted.Asked][seed % 4]);
        if (modelId == 0) return;
        bool ripe = _is(modelId, Wanted.Decidable) || _is(modelId, Wanted.Asked);
        if (!_isOver(modelId) && (ripe || (seed >> 24) % 4 == 0)) _reach(_expiry(modelId));
        _expire(modelId, _person(seed >> 16));
    }

    function _expiry(uint256 modelId) internal view returns (uint256) {
        bool drawn = _models[modelId].state == ITaskMarket.ModelState.Evaluating;
        return drawn ? _end(modelId, 3) : _drawDeadline(modelId);
    }

    function _expire(uint256 modelId, address who) internal {
        ModelBook storage m = _models[modelId];
        bool allowed = !_isOver(modelId) && _head(m.taskId) == modelId && block.timestamp >= _expiry(modelId);
        _act(who, 0, abi.encodeCall(market.expireModel, (modelId)), allowed, "expire");
        if (!allowed) return;
        if (m.reports < _terms[m.taskId].quorum) {
            _settle(modelId, ITaskMarket.ModelState.Void, 0);
        } else {
            _decide(modelId, 0);
            if (m.state == ITaskMarket.ModelState.Rewarded) _note(Reach.RewardedByExpiry);
        }
    }

    // ----------------------------------------------------------------- bonds

    function settleSeat(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Unsettled);
        if (modelId != 0) _settleSeat(modelId, seed);
    }

    function _settleSeat(uint256 modelId, uint256 seed) internal {
        if (_isPatient(seed) && _isOver(modelId)) {
            _reach(_models[modelId].since + _terms[_models[modelId].taskId].plantWindow);
        }
        uint256 seats = _seats[modelId].length;
        if ((seed >> 32) % 4 == 0) {
            _settleOne(modelId, (seed >> 40) % (seats + 1), _person(seed >> 16));
            return;
        }
        for (uint256 i; i < seats; ++i) {
            _settleOne(modelId, i, _person(seed >> 16));
        }
    }

    function _settleOne(uint256 modelId, uint256 seat, address who) internal {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        bool allowed = _isOver(modelId) && t.bond != 0 && seat < _seats[modelId].length
            && block.timestamp >= m.since + t.plantWindow && _seats[modelId][seat].timesSettled == 0;
        _act(who, 0, abi.encodeCall(market.settleSeat, (modelId, seat)), allowed, "settle a seat");
        if (!allowed) return;
        SeatBook storage s = _seats[modelId][seat];
        SlotBook storage slot = _slots[s.slot];
        ++s.timesSettled;
        slot.locked -= t.bond;
        bool lies = m.agreed && s.margin >= -10_000 && !_near(s.margin, _plantBps(m.index), t.plantToleranceBps);
        if (s.timesCounted == 0) {
            if (s.committed && m.state == ITaskMarket.ModelState.Void) _note(Reach.Excused);
            else _burn(slot, t.bond, Reach.Silent);
        } else if (lies) {
            _burn(slot, t.bond, Reach.Slashed);
            _giveBack(m.taskId, t.verifierFee);
        } else {
            _credit[s.verifier] += t.verifierFee;
            _note(Reach.Paid);
        }
    }

    function _burn(SlotBook storage slot, uint256 bond, Reach why) private {
        slot.stake -= bond;
        _burnt += bond;
        _note(why);
    }

    function revealPlant(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Plant);
        if (modelId != 0) _revealPlant(modelId, seed);
    }

    function _revealPlant(uint256 modelId, uint256 seed) internal {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        bool honest = (seed >> 16) % 8 != 0;
        uint256 plantBps = honest ? _plantBps(m.index) : _plantBps(m.index) + 1;
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _plantLeaf(m.taskId, m.index == 1 ? 2 : 1);
        bool allowed = _isOver(modelId) && block.timestamp < m.since + t.plantWindow && !m.agreed && m.index <= PLANTS
            && t.plantRoot != 0 && honest;
        bytes memory call = abi.encodeCall(market.revealPlant, (modelId, plantBps, PLANT_SALT, proof));
        _act(_person(seed >> 32), 0, call, allowed, "reveal a plant");
        if (!allowed) return;
        (bool found, int256 median) = _medianOf(modelId);
        m.agreed = found && _near(median, plantBps, t.plantToleranceBps);
        _note(m.agreed ? Reach.PlantAgreed : Reach.PlantContradicted);
    }
}
