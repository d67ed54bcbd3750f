// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {Rows} from "./Rows.sol";

/// @title Acts of panels and oracles: good rows and bad ones, on chain and in answers
abstract contract AnswerHandler is Rows {
    // --------------------------------------------------------------- commit

    /// @dev Some of a panel, or a stranger, commit; some to rows that will not be counted.
    function commit(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Committing);
        if (modelId != 0) _commit(modelId, seed);
    }

    function _commit(uint256 modelId, uint256 seed) internal {
        uint256 seats = _seats[modelId].length;
        bool open = _models[modelId].state == ITaskMarket.ModelState.Evaluating
            && _terms[_models[modelId].taskId].revealWindow != 0 && block.timestamp < _end(modelId, 1);
        if (!open || (seed >> 16) % 16 == 0) {
            _refuseCommit(modelId, seed, open);
            return;
        }
        for (uint256 i; i < seats; ++i) {
            if (_mix(seed + i) % 8 != 0) _commitSeat(modelId, i, _mix(seed + i));
        }
    }

    function _commitSeat(uint256 modelId, uint256 seat, uint256 seed) private {
        SeatBook storage s = _seats[modelId][seat];
        (ITaskMarket.Row memory row, bool sound) = _rowOf(modelId, seat, seed);
        bytes32 commitment = keccak256(abi.encode(_digest(row), row.salt));
        bytes memory call = abi.encodeCall(market.commitEvaluation, (modelId, seat, commitment));
        _act(s.verifier, 0, call, !s.committed, "commit");
        if (s.committed) return;
        (s.committed, s.sound, s.row) = (true, sound, row);
    }

    function _refuseCommit(uint256 modelId, uint256 seed, bool open) private {
        uint256 seat = (seed >> 32) % (_seats[modelId].length + 1);
        address who = _person(seed >> 64);
        bytes32 commitment = bytes32(seed);
        // Whoever is let in although she has that seat commits to nothing.
        if (open && seat < _seats[modelId].length && _seats[modelId][seat].verifier == who) commitment = 0;
        bytes memory call = abi.encodeCall(market.commitEvaluation, (modelId, seat, commitment));
        _act(who, 0, call, false, "commit out of turn");
    }

    // --------------------------------------------------------------- reveal

    function reveal(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Committed);
        if (modelId != 0) _reveal(modelId, seed);
    }

    function _reveal(uint256 modelId, uint256 seed) internal {
        if (_seats[modelId].length == 0) return;
        bool evaluating = _models[modelId].state == ITaskMarket.ModelState.Evaluating;
        if (_isPatient(seed) && evaluating && _terms[_models[modelId].taskId].revealWindow != 0) {
            _reach(_end(modelId, 1));
        }
        for (uint256 i; i < _seats[modelId].length; ++i) {
            if (_mix(seed - i) % 3 == 0) continue;
            (ITaskMarket.Row memory row, bool sound) = _rowBrought(modelId, i, _mix(seed - i));
            bool allowed = evaluating && block.timestamp >= _end(modelId, 1) && block.timestamp < _end(modelId, 2)
                && sound && _seats[modelId][i].timesCounted == 0;
            _act(_person(seed >> 8), 0, abi.encodeCall(market.revealEvaluation, (row)), allowed, "reveal");
            if (!allowed) continue;
            _count(modelId, i, _marginOf(row));
            _note(Reach.CountedOnChain);
        }
    }

    // --------------------------------------------------------------- oracle

    function request(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, Wanted.Drawn);
        if (modelId == 0) return;
        if (_isPatient(seed) && _models[modelId].state == ITaskMarket.ModelState.Evaluating) _reach(_end(modelId, 2));
        _request(modelId, _person(seed >> 8));
    }

    function _request(uint256 modelId, address who) private {
        ModelBook storage m = _models[modelId];
        bool allowed = m.state == ITaskMarket.ModelState.Evaluating && block.timestamp >= _end(modelId, 2)
            && block.timestamp < _end(modelId, 3) && m.queries == m.answers;
        bytes memory said = _act(who, 0, abi.encodeCall(market.requestEvaluations, (modelId)), allowed, "request");
        if (!allowed) return;
        ++m.queries;
        vm.assertEq(abi.decode(said, (uint256)), _query(modelId, m.queries), "the query's id");
        if (m.queries == 2) _note(Reach.SecondQuery);
    }

    /// @dev The oracle answers the query that is open, or one that is not, or somebody else does.
    function answer(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, (seed >> 240) % 4 == 0 ? Wanted.Late : Wanted.Answerable);
        if (modelId != 0) _answer(modelId, seed);
    }

    function _answer(uint256 modelId, uint256 seed) internal {
        ModelBook storage m = _models[modelId];
        // Whoever hurries on leaves a panel no time to commit.
        bool early = _terms[m.taskId].revealWindow != 0 && block.timestamp < _end(modelId, 1);
        if (early && (seed >> 208) % 8 != 0) return;
        if (_isPatient(seed) && m.state == ITaskMarket.ModelState.Evaluating) {
            _reach(_end(modelId, 2));
            if (m.queries == m.answers) _request(modelId, _person(seed >> 8));
        }
        address oracle = _terms[m.taskId].oracle;
        address who = (seed >> 16) % 8 == 0 ? _person(seed >> 24) : oracle;
        uint256 number = (seed >> 32) % 8 == 0 ? (seed >> 40) % (m.queries + 2) : m.queries;
        bool allowed = who == oracle && number != 0 && number == m.queries && m.answers < m.queries
            && m.state == ITaskMarket.ModelState.Evaluating && block.timestamp < _end(modelId, 3);
        if (m.answers < m.queries && _isOver(modelId)) _note(Reach.LateAnswer);
        (ITaskMarket.Row[] memory rows, uint256[] memory seats) = _rows(modelId, seed >> 64);
        bytes memory call = abi.encodeCall(market.__callback, (_query(modelId, number), rows));
        _act(who, 0, call, allowed, "answer");
        if (allowed) _book(modelId, rows, seats);
    }

    function _book(uint256 modelId, ITaskMarket.Row[] memory rows, uint256[] memory seats) private {
        ModelBook storage m = _models[modelId];
        for (uint256 i; i < rows.length; ++i) {
            if (seats[i] < _seats[modelId].length) _count(modelId, seats[i], _marginOf(rows[i]));
        }
        ++m.answers;
        ITaskMarket.Terms storage t = _terms[m.taskId];
        if (m.reports < t.quorum) return;
        _credit[t.oracle] += t.oracleFee;
        _decide(modelId, t.oracleFee);
    }

    function _query(uint256 modelId, uint256 number) private pure returns (uint256) {
        return number == 0 ? 0 : modelId + (number - 1) * 2 ** 40;
    }
}
