// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRewardRule} from "../IRewardRule.sol";
import {ITaskMarket} from "../ITaskMarket.sol";
import {EvaluationSignature} from "../libraries/EvaluationSignature.sol";
import {Evaluations} from "./Evaluations.sol";

/// @title The oracle's query and answer, and the end of a model
abstract contract Settlements is Evaluations {
    /// @dev Gas that a rule may use: so much, and so much more for each margin.
    uint256 private constant RULE_GAS = 200_000;
    uint256 private constant RULE_GAS_PER_MARGIN = 10_000;
    /// @dev Gas that settling needs after a rule has used up its own.
    uint256 private constant SETTLING_GAS = 150_000;

    /// @inheritdoc ITaskMarket
    function requestEvaluations(uint256 modelId) external returns (uint256 queryId) {
        (Model storage m, Task storage t) = _evaluating(modelId);
        Deadlines memory ends = _deadlines(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp < ends.reveal) revert EvaluationWindowOpen(modelId, ends.reveal);
        if (block.timestamp >= ends.tally) revert TallyWindowOver(modelId, ends.tally);
        uint256 asked = m.queries;
        if (asked != m.answers) revert QueryOpen(modelId, _queryId(modelId, asked));
        queryId = _queryId(modelId, ++m.queries);
        emit EvaluationsRequested(queryId, m.taskId, modelId, t.oracle);
    }

    /// @inheritdoc ITaskMarket
    // slither-disable-next-line naming-convention: the name that the Oraclize services call
    function __callback(uint256 queryId, Row[] calldata rows) external {
        uint256 modelId = uint40(queryId);
        Model storage m = _models[modelId];
        Task storage t = _tasks[m.taskId];
        uint256 asked = m.queries;
        if (queryId == 0 || queryId > _queryId(modelId, asked)) revert UnknownQuery(queryId);
        if (msg.sender != t.oracle) revert NotOracle(msg.sender, t.oracle);
        if (m.answers == asked || queryId != _queryId(modelId, asked)) revert QueryAnswered(queryId);
        // A model that expired with its query open is settled; an answer must not settle it again.
        _evaluating(modelId);
        uint256 deadline = _deadlines(m, t).tally;
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp >= deadline) revert TallyWindowOver(modelId, deadline);

        (Tally memory tally, EvaluationSignature.Evaluation memory said) = _open(modelId, m, t);
        for (uint256 i; i < rows.length; ++i) {
            SkipReason reason = _countRow(rows[i], tally, said);
            if (reason != SkipReason.None) emit RowSkipped(queryId, modelId, rows[i].verifier, reason);
        }
        uint256 reports = m.reports + tally.reports;
        uint256 quorum = t.quorum;
        _close(modelId, m, t, tally, reports < quorum);
        m.answers = uint16(asked);
        if (reports < quorum) {
            emit QuorumMissed(queryId, modelId, reports, quorum);
            return;
        }
        uint256 fee = t.oracleFee;
        _credit(msg.sender, tally.taskId, modelId, fee, CreditReason.OracleFee);
        _decide(modelId, m, t, _listed(tally.margins, tally.counted, reports), fee);
    }

    /// @inheritdoc ITaskMarket
    function expireModel(uint256 modelId) external {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state > ModelState.Evaluating) revert WrongState(modelId, m.state);
        if (t.head != modelId) revert NotHead(modelId, t.head);
        uint256 deadline = _expiry(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp < deadline) revert NotExpired(modelId, deadline);
        if (m.reports < t.quorum) {
            if (m.seats == 0) _fixBase(m, t);
            _settle(modelId, m, t, ModelState.Void, 0);
            return;
        }
        _decide(modelId, m, t, _keptMargins(modelId, m), 0);
    }

    /// @dev 0 where nothing was asked.
    function _queryId(uint256 modelId, uint256 number) private pure returns (uint256) {
        return number == 0 ? 0 : modelId | (number - 1) << 40;
    }

    function _expiry(Model storage m, Task storage t) private view returns (uint256 deadline) {
        if (m.state == ModelState.Evaluating) return _deadlines(m, t).tally;
        (deadline,) = _turn(m, t);
    }

    /// @dev Asks the task's rule and settles by its answer.
    /// @param spent what was paid besides verifier fees, still in the task's reserved
    function _decide(uint256 modelId, Model storage m, Task storage t, int256[] memory margins, uint256 spent) private {
        uint256 most = t.modelReward;
        (bool answered, bool rewarded, uint256 amount) = _askRule(t.rule, t.mafrBps, most, margins);
        if (!answered) {
            emit RuleFailed(modelId, t.rule);
            _settle(modelId, m, t, ModelState.Void, spent);
        } else if (rewarded) {
            if (amount > most) amount = most;
            _credit(m.contributor, m.taskId, modelId, amount, CreditReason.ModelReward);
            _settle(modelId, m, t, ModelState.Rewarded, spent + amount);
        } else {
            _settle(modelId, m, t, ModelState.Rejected, spent);
        }
    }

    /// @dev A rule is a stranger's code: it gets a fixed amount of gas, cannot write, and of what it returns two words
    ///      are read. The caller must bring that gas, or an oracle could make a rule fail by being stingy.
    function _askRule(address rule, int256 mafrBps, uint256 most, int256[] memory margins)
        private
        view
        returns (bool answered, bool rewarded, uint256 amount)
    {
        bytes memory question = abi.encodeCall(IRewardRule.decide, (mafrBps, most, margins));
        (uint256 allowance, uint256 needed) = (RULE_GAS, SETTLING_GAS);
        unchecked {
            allowance += RULE_GAS_PER_MARGIN * margins.length;
            // A call hands on at most 63/64 of what is left (EIP-150).
            needed += allowance + allowance / 63;
        }
        if (gasleft() < needed) revert GasTooLow(gasleft(), needed);
        uint256 verdict;
        // slither-disable-next-line assembly: copies two words of the answer, however long it is
        assembly ("memory-safe") {
            answered := staticcall(allowance, rule, add(question, 32), mload(question), 0, 64)
            answered := and(answered, eq(returndatasize(), 64))
            verdict := mload(0)
            amount := mload(32)
        }
        answered = answered && verdict <= 1;
        rewarded = verdict == 1;
    }

    /// @dev The margins of counted seats as they were kept in storage.
    function _keptMargins(uint256 modelId, Model storage m) internal view returns (int256[] memory) {
        (address[] memory accounts, uint256 counted,) = _panel(modelId, m);
        int256[] memory margins = new int256[](accounts.length);
        _loadMargins(modelId, margins);
        return _listed(margins, counted, m.reports);
    }

    /// @dev The margins of counted seats without those of the others.
    function _listed(int256[] memory margins, uint256 counted, uint256 reports)
        private
        pure
        returns (int256[] memory list)
    {
        list = new int256[](reports);
        uint256 next = 0;
        for (uint256 seat; seat < margins.length; ++seat) {
            if (counted >> seat & 1 != 0) list[next++] = margins[seat];
        }
    }

    /// @dev Releases what is left of the model's budget and moves the queue on. The fees of a bonded
    ///      task's counted seats stay reserved until these are settled.
    function _settle(uint256 modelId, Model storage m, Task storage t, ModelState outcome, uint256 spent) private {
        uint256 taskId = m.taskId;
        uint256 held = _unitBudget(t) - uint256(m.reports) * t.verifierFee;
        _release(t, taskId, modelId, held, spent);
        m.state = outcome;
        m.since = uint40(block.timestamp);
        m.turnBlock = uint40(block.number);
        uint40 next = m.next;
        t.head = next;
        t.lastSettled = uint40(modelId);
        emit ModelSettled(modelId, taskId, outcome, m.reports, m.passes);
        // slither-disable-next-line timestamp: compares a number of a model, no time
        if (next != 0) emit DrawArmed(next, block.number + 1);
    }
}
