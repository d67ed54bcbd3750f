// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {Cast} from "./Cast.sol";

/// @title What the market should hold and say, in the test's own words
/// @dev   Written down by the handlers as they act, never read from the market. Lists start with an unused entry, so
///        that an id is its place.
abstract contract Ghost is Cast {
    /// @param turn place in the queue of the model whose turn it is
    /// @param lastSince time and block of the last settlement
    struct TaskBook {
        address initiator;
        bool closed;
        uint256 unreserved;
        uint256[] queue;
        uint256 turn;
        uint256 lastSince;
        uint256 lastBlock;
        uint256 baseCount;
        bytes32 baseDigest;
    }

    struct ModelBook {
        uint256 taskId;
        uint256 index;
        address contributor;
        ITaskMarket.ModelState state;
        uint256 since;
        uint256 turnBlock;
        uint256 poolLength;
        uint256 baseCount;
        bytes32 baseDigest;
        uint256 reports;
        uint256 passes;
        uint256 queries;
        uint256 answers;
        bool agreed;
        uint256 timesSettled;
        uint256 paid;
    }

    /// @param row what she committed to, or nothing
    /// @param sound whether that row should be counted
    struct SeatBook {
        uint256 slot;
        address verifier;
        bool committed;
        bool sound;
        uint256 timesCounted;
        uint256 timesSettled;
        int256 margin;
        ITaskMarket.Row row;
    }

    struct SlotBook {
        address account;
        uint256 leftBlock;
        uint256 stake;
        uint256 locked;
    }

    /// @dev What the fuzzer got to; see the test of reach.
    enum Reach {
        Announced,
        Drawn,
        Rewarded,
        Rejected,
        Void,
        VoidByRule,
        RewardedByExpiry,
        CountedOnChain,
        SecondQuery,
        Rearmed,
        LeftYetDrawn,
        Paid,
        Silent,
        Slashed,
        Excused,
        PlantAgreed,
        PlantContradicted,
        SmallReward,
        RefundAfterClose,
        KeyReleased,
        KeyShared,
        StakeReclaimed,
        PayeeRefused,
        LateAnswer,
        WidePanel
    }

    ITaskMarket.Terms[] internal _terms;
    TaskBook[] internal _tasks;
    ModelBook[] internal _models;
    mapping(uint256 modelId => SeatBook[]) internal _seats;
    SlotBook[] internal _slots;
    mapping(address account => uint256) internal _slotOf;
    mapping(address account => uint256) internal _credit;
    mapping(address account => uint256) internal _purse;
    uint256 internal _burnt;
    uint256 internal constant REACHES = 25;
    uint256[REACHES] internal _reached;

    function _openBooks() internal {
        _terms.push();
        _tasks.push();
        _models.push();
        for (uint256 i; i < _people.length; ++i) {
            _purse[_people[i]] = PURSE;
        }
    }

    function _note(Reach what) internal {
        ++_reached[uint256(what)];
    }

    // ---------------------------------------------------------------- money

    function _budget(uint256 taskId) internal view returns (uint256) {
        ITaskMarket.Terms storage t = _terms[taskId];
        return t.modelReward + uint256(t.verifierFee) * t.panelSize + t.oracleFee;
    }

    function _bonded(uint256 taskId) internal view returns (bool) {
        return _terms[taskId].bond != 0;
    }

    /// @dev What a task must hold for a model: its budget less fees already paid, then the fees of unsettled seats.
    function _held(uint256 modelId) internal view returns (uint256 amount) {
        ModelBook storage m = _models[modelId];
        uint256 fee = _terms[m.taskId].verifierFee;
        bool bonded = _bonded(m.taskId);
        if (!_isOver(modelId)) return _budget(m.taskId) - (bonded ? 0 : m.reports * fee);
        if (!bonded) return 0;
        for (uint256 i; i < _seats[modelId].length; ++i) {
            SeatBook storage s = _seats[modelId][i];
            if (s.timesCounted != 0 && s.timesSettled == 0) amount += fee;
        }
    }

    function _lockedSeats(uint256 modelId) internal view returns (uint256 count) {
        if (!_bonded(_models[modelId].taskId)) return 0;
        for (uint256 i; i < _seats[modelId].length; ++i) {
            if (_seats[modelId][i].timesSettled == 0) ++count;
        }
    }

    function _giveBack(uint256 taskId, uint256 amount) internal {
        if (!_tasks[taskId].closed) {
            _tasks[taskId].unreserved += amount;
        } else {
            _credit[_tasks[taskId].initiator] += amount;
            if (amount != 0) _note(Reach.RefundAfterClose);
        }
    }

    // ---------------------------------------------------------------- turns

    function _isOver(uint256 modelId) internal view returns (bool) {
        return _models[modelId].state > ITaskMarket.ModelState.Evaluating;
    }

    function _head(uint256 taskId) internal view returns (uint256) {
        TaskBook storage t = _tasks[taskId];
        return t.turn < t.queue.length ? t.queue[t.turn] : 0;
    }

    function _drawBlock(uint256 modelId) internal view returns (uint256) {
        return 1 + _most(_models[modelId].turnBlock, _tasks[_models[modelId].taskId].lastBlock);
    }

    function _drawDeadline(uint256 modelId) internal view returns (uint256) {
        ModelBook storage m = _models[modelId];
        return _most(m.since, _tasks[m.taskId].lastSince) + _terms[m.taskId].drawWindow;
    }

    /// @dev The end of a model's window number 0 … 3: keys, evaluation, reveal, tally.
    function _end(uint256 modelId, uint256 window) internal view returns (uint256 end) {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        end = m.since + t.keyWindow;
        if (window > 0) end += t.evaluationWindow;
        if (window > 1) end += t.revealWindow;
        if (window > 2) end += t.tallyWindow;
    }

    function _most(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
