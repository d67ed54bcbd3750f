// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {MoneyHandler} from "./MoneyHandler.sol";

/// @title Acts of contributors and of panels until the oracle is asked
abstract contract PanelHandler is MoneyHandler {
    uint256 private constant MOST_MODELS = 24;

    enum Wanted {
        Head,
        Drawn,
        Committing,
        Committed,
        Answerable,
        Asked,
        Late,
        Decidable,
        Rewarded,
        Unsettled,
        Plant
    }

    function announce(uint256 seed) external {
        seed = _mix(seed);
        _announce(1 + seed % (_tasks.length - 1), seed);
    }

    function _announce(uint256 taskId, uint256 seed) internal {
        if (_models.length > MOST_MODELS) return;
        TaskBook storage t = _tasks[taskId];
        address who = _anyone(seed >> 160);
        (bytes memory call, bool wellFormed) = _announcement(taskId, seed >> 16);
        bool allowed = !t.closed && block.timestamp < _terms[taskId].deadline && who != t.initiator
            && t.unreserved >= _budget(taskId) && wellFormed;
        _act(who, 0, call, allowed, "announce");
        if (!allowed) return;
        t.unreserved -= _budget(taskId);
        t.queue.push(_models.length);
        ModelBook storage m = _models.push();
        m.taskId = taskId;
        m.index = t.queue.length;
        m.contributor = who;
        m.since = block.timestamp;
        m.turnBlock = block.number;
        m.poolLength = _slots.length;
        _note(Reach.Announced);
    }

    function _announcement(uint256 taskId, uint256 seed) private view returns (bytes memory call, bool wellFormed) {
        uint256 index = _tasks[taskId].queue.length + 1;
        bool isSealed = _terms[taskId].access != ITaskMarket.Access.Public;
        wellFormed = seed % 16 != 0;
        bytes32 commitment = isSealed == wellFormed ? keccak256(_wrappedKey(taskId, index)) : bytes32(0);
        call = abi.encodeCall(
            market.announceModel, (taskId, _cid(taskId, index), bytes32(seed), commitment, bytes("key"))
        );
    }

    // ------------------------------------------------------------------ draw

    function draw(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Head);
        if (modelId != 0) _draw(modelId, seed);
    }

    function _draw(uint256 modelId, uint256 seed) internal {
        if ((seed >> 40) % 8 != 0 && block.number <= _drawBlock(modelId)) {
            _mine(_drawBlock(modelId) + 1 - block.number);
        }
        ModelBook storage m = _models[modelId];
        bool allowed = m.state == ITaskMarket.ModelState.Announced && _head(m.taskId) == modelId
            && block.timestamp < _drawDeadline(modelId) && block.number > _drawBlock(modelId);
        bool forgotten = block.number > _drawBlock(modelId) + 256;
        uint256 seats = _eligible(modelId);
        if (seats > _terms[m.taskId].panelSize) seats = _terms[m.taskId].panelSize;
        if (!forgotten && seats < _terms[m.taskId].quorum) allowed = false;
        _act(_person(seed >> 8), 0, abi.encodeCall(market.drawPanel, (modelId)), allowed, "draw");
        if (!allowed) return;
        if (forgotten) {
            m.turnBlock = block.number;
            _note(Reach.Rearmed);
            return;
        }
        _takeSeats(modelId, seats);
        _note(Reach.Drawn);
        m.state = ITaskMarket.ModelState.Evaluating;
        m.since = block.timestamp;
        (m.baseCount, m.baseDigest) = (_tasks[m.taskId].baseCount, _tasks[m.taskId].baseDigest);
    }

    function _eligible(uint256 modelId) private view returns (uint256 count) {
        for (uint256 slot; slot < _models[modelId].poolLength; ++slot) {
            if (_isEligible(modelId, slot)) ++count;
        }
    }

    function _isEligible(uint256 modelId, uint256 slot) private view returns (bool) {
        ModelBook storage m = _models[modelId];
        SlotBook storage s = _slots[slot];
        if (slot >= m.poolLength || s.account == m.contributor) return false;
        if (s.account == _tasks[m.taskId].initiator) return false;
        if (s.leftBlock != 0 && s.leftBlock <= _drawBlock(modelId)) return false;
        return s.stake - s.locked >= _terms[m.taskId].bond;
    }

    /// @dev The market says whom it drew; all must be eligible, different and as many as there should be.
    function _takeSeats(uint256 modelId, uint256 expected) private {
        ITaskMarket.Seat[] memory drawn = market.panel(modelId);
        vm.assertEq(drawn.length, expected, "seats");
        if (expected > 16) _note(Reach.WidePanel);
        for (uint256 i; i < expected; ++i) {
            uint256 slot = _slotDrawn(modelId, drawn[i].verifier);
            if (_slots[slot].leftBlock != 0) _note(Reach.LeftYetDrawn);
            SeatBook storage s = _seats[modelId].push();
            s.slot = slot;
            s.verifier = drawn[i].verifier;
        }
        for (uint256 i; i < expected; ++i) {
            _slots[_seats[modelId][i].slot].locked += _terms[_models[modelId].taskId].bond;
        }
    }

    function _slotDrawn(uint256 modelId, address account) private view returns (uint256) {
        for (uint256 slot; slot < _slots.length; ++slot) {
            if (_slots[slot].account != account || !_isEligible(modelId, slot)) continue;
            for (uint256 i; i < _seats[modelId].length; ++i) {
                vm.assertNotEq(_seats[modelId][i].slot, slot, "a slot sits twice");
            }
            return slot;
        }
        revert("someone was drawn who must not be");
    }

    // ------------------------------------------------------------------ keys

    function deliver(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Drawn);
        if (modelId == 0) return;
        ModelBook storage m = _models[modelId];
        address initiator = _tasks[m.taskId].initiator;
        address who = [m.contributor, initiator, m.contributor, _person(seed >> 32)][(seed >> 16) % 4];
        bool fits = (seed >> 24) % 4 != 0;
        bytes memory keys = new bytes(_seats[modelId].length * 5 + (fits ? 0 : 1));
        if (_seats[modelId].length == 1) fits = true;
        bool allowed = m.state == ITaskMarket.ModelState.Evaluating && (who == m.contributor || who == initiator)
            && block.timestamp < _end(modelId, 0) && fits;
        _act(who, 0, abi.encodeCall(market.deliverKeys, (modelId, keys)), allowed, "deliver");
    }

    function release(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Rewarded);
        if (modelId == 0) return;
        ModelBook storage m = _models[modelId];
        bool right = (seed >> 16) % 4 != 0;
        bytes memory key = _wrappedKey(m.taskId, right ? m.index : m.index + 1);
        bool allowed =
            right && m.state == ITaskMarket.ModelState.Rewarded && _terms[m.taskId].access != ITaskMarket.Access.Public;
        _act(_person(seed >> 8), 0, abi.encodeCall(market.releaseKey, (modelId, key)), allowed, "release");
        if (allowed) _note(Reach.KeyReleased);
    }

    function share(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Rewarded);
        uint256 other = _seek(seed >> 32, Wanted.Rewarded);
        if (modelId == 0 || other == 0) return;
        ModelBook storage m = _models[modelId];
        bool allowed = _terms[m.taskId].access == ITaskMarket.Access.SealedForRewarded
            && m.taskId == _models[other].taskId && m.state == ITaskMarket.ModelState.Rewarded
            && _models[other].state == ITaskMarket.ModelState.Rewarded;
        bytes memory call = abi.encodeCall(market.shareKey, (modelId, other, bytes("wrapped")));
        _act(_person(seed >> 8), 0, call, allowed, "share");
        if (allowed) _note(Reach.KeyShared);
    }

    /// @dev Mostly a model of that kind; else any, so that the market must refuse; 0 where there is none.
    function _seek(uint256 seed, Wanted wanted) internal view returns (uint256) {
        uint256 count = _models.length - 1;
        if (count == 0) return 0;
        for (uint256 i; i < count && seed % 8 != 0; ++i) {
            uint256 modelId = 1 + ((seed >> 3) + i) % count;
            if (_is(modelId, wanted)) return modelId;
        }
        return 1 + (seed >> 3) % count;
    }

    function _anyCommitted(uint256 modelId) private view returns (bool) {
        for (uint256 i; i < _seats[modelId].length; ++i) {
            if (_seats[modelId][i].committed) return true;
        }
        return false;
    }

    function _is(uint256 modelId, Wanted wanted) internal view returns (bool) {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        if (wanted == Wanted.Head) return _head(m.taskId) == modelId && m.state == ITaskMarket.ModelState.Announced;
        if (wanted == Wanted.Rewarded) return m.state == ITaskMarket.ModelState.Rewarded;
        if (wanted == Wanted.Unsettled) return _isOver(modelId) && _lockedSeats(modelId) != 0;
        if (wanted == Wanted.Late) return _isOver(modelId) && m.answers < m.queries;
        if (wanted == Wanted.Plant) {
            return _is(modelId, Wanted.Unsettled) && m.index <= PLANTS && !m.agreed && m.reports != 0;
        }
        if (m.state != ITaskMarket.ModelState.Evaluating) return false;
        bool commits = t.revealWindow != 0;
        if (wanted == Wanted.Committing) return commits && block.timestamp < _end(modelId, 1);
        if (wanted == Wanted.Committed) return commits && _anyCommitted(modelId);
        if (wanted == Wanted.Answerable) return !commits || _anyCommitted(modelId);
        if (wanted == Wanted.Asked) return m.answers < m.queries;
        if (wanted == Wanted.Decidable) return m.reports >= t.quorum;
        return true;
    }
}
