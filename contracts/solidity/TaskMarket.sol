// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "./ITaskMarket.sol";
import {EvaluationSignature} from "./EvaluationSignature.sol";
import {Lottery} from "./Lottery.sol";

/// @title TaskMarket
/// @dev Holds at all times: balance = Σ unreserved + Σ reserved + Σ credit, and a task's reserved is the unit budget of
///      each model that is not settled less the verifier fees already credited for it. Ether leaves in `withdrawFor`
///      only, after the credit is zeroed and as the last step, so a re-entering payee finds nothing to take.
contract TaskMarket is ITaskMarket {
    using Lottery for Lottery.Urn;

    /// @dev What a callback needs for each of its rows, read from storage once.
    struct Tally {
        uint256 modelId;
        uint256 taskId;
        bytes32 baseDigest;
        bytes32 domain;
        int256 largestReference;
        int256 mafrBps;
        uint256 fee;
        uint256 reports;
        uint256 passes;
    }

    uint256 private constant MAX_CID_LENGTH = 128;
    /// @dev Keeps a draw and a callback over the largest panel well inside a 30M gas block.
    uint256 private constant MAX_PANEL_SIZE = 128;
    /// @dev Slots of the pool that a draw may look up and find unusable before it settles for a smaller panel.
    uint256 private constant SPARE_DRAWS = 64;
    int256 private constant FULL_BPS = 10_000;

    uint256 public taskCount;
    uint256 public modelCount;
    uint256 public queryCount;
    mapping(address account => uint256) public credit;

    mapping(uint256 taskId => Task) private _tasks;
    mapping(uint256 modelId => Model) private _models;
    mapping(uint256 modelId => mapping(uint256 seat => Seat)) private _seats;
    mapping(uint256 queryId => uint256 modelId) private _queries;
    PoolSlot[] private _pool;
    /// @dev Counts from 1, so that 0 says "not in the pool".
    mapping(address account => uint256) private _slotNumber;

    // ------------------------------------------------------------------ tasks

    /// @inheritdoc ITaskMarket
    function postTask(Terms calldata terms) external payable returns (uint256 taskId) {
        _checkTerms(terms);
        taskId = ++taskCount;
        Task storage t = _tasks[taskId];
        t.initiator = msg.sender;
        t.deadline = terms.deadline;
        t.panelSize = terms.panelSize;
        t.quorum = terms.quorum;
        t.oracle = terms.oracle;
        t.drawWindow = terms.drawWindow;
        t.evaluationWindow = terms.evaluationWindow;
        t.tallyWindow = terms.tallyWindow;
        t.modelReward = terms.modelReward;
        t.verifierFee = terms.verifierFee;
        t.oracleFee = terms.oracleFee;
        t.mafrBps = terms.mafrBps;
        t.fitness = terms.fitness;
        t.base = terms.base;
        t.unreserved = _amount(msg.value);
        t.contentDigest = keccak256(abi.encode(keccak256(terms.specCid), keccak256(terms.dataCid)));
        emit TaskPosted(taskId, msg.sender, terms, msg.value);
    }

    /// @inheritdoc ITaskMarket
    function topUp(uint256 taskId) external payable {
        Task storage t = _openTask(taskId);
        t.unreserved = _amount(t.unreserved + msg.value);
        emit TaskToppedUp(taskId, msg.sender, msg.value);
    }

    /// @inheritdoc ITaskMarket
    function closeTask(uint256 taskId) external {
        Task storage t = _openTask(taskId);
        if (msg.sender != t.initiator && block.timestamp < t.deadline) revert NotInitiator(msg.sender, t.initiator);
        uint256 returned = t.unreserved;
        t.state = TaskState.Closed;
        t.unreserved = 0;
        emit TaskClosed(taskId, msg.sender, returned);
        _credit(t.initiator, taskId, 0, returned, CreditReason.Refund);
    }

    // ------------------------------------------------------------------- pool

    /// @inheritdoc ITaskMarket
    function joinPool(bytes calldata publicKey) external {
        uint256 number = _slotNumber[msg.sender];
        if (number != 0) revert AlreadyInPool(msg.sender, number - 1);
        uint256 slot = _pool.length;
        _pool.push(PoolSlot(msg.sender, false));
        _slotNumber[msg.sender] = slot + 1;
        emit PoolJoined(msg.sender, slot, publicKey);
    }

    /// @inheritdoc ITaskMarket
    function leavePool() external {
        uint256 number = _slotNumber[msg.sender];
        if (number == 0) revert NotInPool(msg.sender);
        _pool[number - 1].left = true;
        delete _slotNumber[msg.sender];
        emit PoolLeft(msg.sender, number - 1);
    }

    // --------------------------------------------------------- announce, draw

    /// @inheritdoc ITaskMarket
    function announceModel(uint256 taskId, bytes calldata cid) external returns (uint256 modelId) {
        Task storage t = _openTask(taskId);
        if (block.timestamp >= t.deadline) revert DeadlinePassed(t.deadline, block.timestamp);
        if (msg.sender == t.initiator) revert InitiatorCannotAnnounce(taskId, t.initiator);
        _checkCid(cid);
        uint256 budget = _reserve(t);

        modelId = ++modelCount;
        Model storage m = _models[modelId];
        m.contributor = msg.sender;
        m.drawBlock = uint64(block.number + 1);
        m.taskId = uint64(taskId);
        m.index = ++t.modelCount;
        m.poolLength = uint32(_pool.length);
        m.cidDigest = keccak256(cid);
        _enqueue(t, uint64(modelId));
        emit ModelAnnounced(modelId, taskId, msg.sender, m.index, cid, block.number + 1, budget);
    }

    /// @inheritdoc ITaskMarket
    function drawPanel(uint256 modelId) external {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state != ModelState.Announced) revert WrongState(modelId, m.state);
        if (t.head != modelId) revert NotHead(modelId, t.head);
        uint256 deadline = _drawDeadline(t);
        if (block.timestamp >= deadline) revert DrawWindowOver(modelId, deadline);
        if (block.number <= m.drawBlock) revert DrawBlockAhead(modelId, m.drawBlock);

        bytes32 entropy = blockhash(m.drawBlock);
        if (entropy == 0) {
            m.drawBlock = uint64(block.number + 1);
            emit DrawRearmed(modelId, block.number + 1);
            return;
        }
        address[] memory chosen = _sample(m, t, keccak256(abi.encode(entropy, modelId)));
        if (chosen.length < t.quorum) revert PoolTooSmall(chosen.length, t.quorum);
        _seat(modelId, m, t, chosen);
    }

    /// @dev Eligible slots in random order until the panel is full, the pool is used up or the draws are.
    function _sample(Model storage m, Task storage t, bytes32 seed) private view returns (address[] memory chosen) {
        (uint256 size, uint256 wanted) = (m.poolLength, t.panelSize);
        uint256 draws = size < wanted + SPARE_DRAWS ? size : wanted + SPARE_DRAWS;
        (address contributor, address initiator) = (m.contributor, t.initiator);
        Lottery.Urn memory urn = Lottery.fill(seed, size, draws);
        chosen = new address[](wanted);
        uint256 count;
        for (; draws != 0 && count < wanted; --draws) {
            PoolSlot memory slot = _pool[urn.draw()];
            if (slot.left || slot.account == contributor || slot.account == initiator) continue;
            chosen[count++] = slot.account;
        }
        // Shortens the array in place: its first word is its length.
        assembly ("memory-safe") {
            mstore(chosen, count)
        }
    }

    function _seat(uint256 modelId, Model storage m, Task storage t, address[] memory chosen) private {
        for (uint256 i; i < chosen.length; ++i) {
            _seats[modelId][i].verifier = chosen[i];
        }
        uint256 evaluationDeadline = block.timestamp + t.evaluationWindow;
        uint256 tallyDeadline = evaluationDeadline + t.tallyWindow;
        m.state = ModelState.Evaluating;
        m.seats = uint16(chosen.length);
        m.baseDigest = t.baseDigest;
        m.baseCount = t.baseCount;
        m.evaluationDeadline = uint64(evaluationDeadline);
        m.tallyDeadline = uint64(tallyDeadline);
        emit PanelDrawn(modelId, m.taskId, chosen, m.baseCount, m.baseDigest, evaluationDeadline, tallyDeadline);
    }

    // ------------------------------------------------------------ query, tally

    /// @inheritdoc ITaskMarket
    function requestEvaluations(uint256 modelId) external returns (uint256 queryId) {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state != ModelState.Evaluating) revert WrongState(modelId, m.state);
        if (block.timestamp < m.evaluationDeadline) revert EvaluationWindowOpen(modelId, m.evaluationDeadline);
        if (block.timestamp >= m.tallyDeadline) revert TallyWindowOver(modelId, m.tallyDeadline);
        if (m.openQuery != 0) revert QueryOpen(modelId, m.openQuery);
        queryId = ++queryCount;
        _queries[queryId] = modelId;
        m.openQuery = uint64(queryId);
        emit EvaluationsRequested(queryId, m.taskId, modelId, t.oracle);
    }

    /// @inheritdoc ITaskMarket
    function __callback(uint256 queryId, Row[] calldata rows) external {
        uint256 modelId = _queries[queryId];
        if (modelId == 0) revert UnknownQuery(queryId);
        (Model storage m, Task storage t) = _model(modelId);
        if (msg.sender != t.oracle) revert NotOracle(msg.sender, t.oracle);
        if (m.openQuery != queryId) revert QueryAnswered(queryId);
        if (block.timestamp >= m.tallyDeadline) revert TallyWindowOver(modelId, m.tallyDeadline);

        m.openQuery = 0;
        _count(queryId, modelId, m, t, rows);
        if (m.reports < t.quorum) {
            emit QuorumMissed(queryId, modelId, m.reports, t.quorum);
            return;
        }
        _pay(t.oracle, modelId, m, t, t.oracleFee, CreditReason.OracleFee);
        bool rewarded = _isRewarded(m.passes, m.reports);
        if (rewarded) _pay(m.contributor, modelId, m, t, t.modelReward, CreditReason.ModelReward);
        uint256 spent = t.oracleFee + (rewarded ? t.modelReward : 0);
        _settle(modelId, m, t, rewarded ? ModelState.Rewarded : ModelState.Rejected, spent);
    }

    function _count(uint256 queryId, uint256 modelId, Model storage m, Task storage t, Row[] calldata rows) private {
        Seat[] memory seats = panel(modelId);
        Tally memory tally = Tally({
            modelId: modelId,
            taskId: m.taskId,
            baseDigest: m.baseDigest,
            domain: EvaluationSignature.domainSeparator(),
            largestReference: t.fitness == FitnessKind.Accuracy ? int256(0) : FULL_BPS,
            mafrBps: t.mafrBps,
            fee: t.verifierFee,
            reports: 0,
            passes: 0
        });
        for (uint256 i; i < rows.length; ++i) {
            Row memory row = rows[i];
            (SkipReason reason, uint256 seat) = _judge(row, tally, seats);
            if (reason != SkipReason.None) {
                emit RowSkipped(queryId, modelId, row.verifier, reason);
                continue;
            }
            seats[seat].counted = true;
            _seats[modelId][seat].counted = true;
            bool passed = row.fitnessBps - row.referenceBps > tally.mafrBps;
            ++tally.reports;
            if (passed) ++tally.passes;
            emit EvaluationCounted(modelId, row.verifier, row.fitnessBps, row.referenceBps, passed);
            _credit(row.verifier, tally.taskId, modelId, tally.fee, CreditReason.VerifierFee);
        }
        m.reports += uint16(tally.reports);
        m.passes += uint16(tally.passes);
        t.reserved -= uint128(tally.reports * tally.fee);
    }

    /// @dev The signature comes last because it costs most.
    function _judge(Row memory row, Tally memory tally, Seat[] memory seats)
        private
        pure
        returns (SkipReason, uint256 seat)
    {
        if (row.modelId != tally.modelId) return (SkipReason.WrongModel, 0);
        seat = _seatOf(row.verifier, seats);
        if (seat == seats.length) return (SkipReason.NoSeat, 0);
        if (seats[seat].counted) return (SkipReason.AlreadyCounted, 0);
        if (row.baseDigest != tally.baseDigest) return (SkipReason.WrongBase, 0);
        if (row.fitnessBps < 0 || row.fitnessBps > FULL_BPS) return (SkipReason.FitnessOutOfRange, 0);
        if (row.referenceBps < 0 || row.referenceBps > tally.largestReference) {
            return (SkipReason.ReferenceOutOfRange, 0);
        }
        if (!EvaluationSignature.isValid(row, tally.domain)) return (SkipReason.BadSignature, 0);
        return (SkipReason.None, seat);
    }

    /// @dev The seat's number, or the number of seats if the verifier has none.
    function _seatOf(address verifier, Seat[] memory seats) private pure returns (uint256) {
        uint256 size = seats.length;
        for (uint256 i; i < size; ++i) {
            if (seats[i].verifier == verifier) return i;
        }
        return size;
    }

    /// @dev The paper's majority: strictly more than half of those who reported.
    function _isRewarded(uint256 passes, uint256 reports) private pure returns (bool) {
        return 2 * passes > reports;
    }

    // ---------------------------------------------------------- expire, settle

    /// @inheritdoc ITaskMarket
    function expireModel(uint256 modelId) external {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state > ModelState.Evaluating) revert WrongState(modelId, m.state);
        if (t.head != modelId) revert NotHead(modelId, t.head);
        uint256 deadline = m.state == ModelState.Announced ? _drawDeadline(t) : m.tallyDeadline;
        if (block.timestamp < deadline) revert NotExpired(modelId, deadline);
        _settle(modelId, m, t, ModelState.Void, 0);
    }

    /// @dev Releases what is left of the model's budget, extends the base and moves the queue on.
    /// @param spent what this call paid besides verifier fees
    function _settle(uint256 modelId, Model storage m, Task storage t, ModelState outcome, uint256 spent) private {
        uint256 released = _unitBudget(t) - uint256(m.reports) * t.verifierFee - spent;
        t.reserved -= uint128(released);
        if (t.state == TaskState.Open) {
            t.unreserved += uint128(released);
        } else {
            _credit(t.initiator, m.taskId, modelId, released, CreditReason.Refund);
        }
        m.state = outcome;
        if (outcome == ModelState.Rewarded || (outcome == ModelState.Rejected && t.base == Base.Announced)) {
            t.baseDigest = keccak256(abi.encode(t.baseDigest, m.cidDigest));
            ++t.baseCount;
        }
        t.head = m.next;
        t.headSince = uint64(block.timestamp);
        emit ModelSettled(modelId, m.taskId, outcome, m.reports, m.passes);
    }

    // ------------------------------------------------------------------- money

    /// @inheritdoc ITaskMarket
    function withdrawFor(address account) external {
        uint256 amount = credit[account];
        if (amount == 0) revert NothingToWithdraw(account);
        credit[account] = 0;
        emit Withdrawn(account, amount);
        (bool paid,) = account.call{value: amount}("");
        if (!paid) revert WithdrawFailed(account, amount);
    }

    /// @dev Moves wei from a model's reservation to an account's credit.
    function _pay(
        address account,
        uint256 modelId,
        Model storage m,
        Task storage t,
        uint128 amount,
        CreditReason reason
    ) private {
        t.reserved -= amount;
        _credit(account, m.taskId, modelId, amount, reason);
    }

    function _credit(address account, uint256 taskId, uint256 modelId, uint256 amount, CreditReason reason) private {
        if (amount == 0) return;
        credit[account] += amount;
        emit Credited(account, taskId, modelId, amount, reason);
    }

    function _reserve(Task storage t) private returns (uint256 budget) {
        budget = _unitBudget(t);
        if (t.unreserved < budget) revert EscrowExhausted(t.unreserved, budget);
        t.unreserved -= uint128(budget);
        t.reserved += uint128(budget);
    }

    function _unitBudget(Task storage t) private view returns (uint256) {
        return uint256(t.modelReward) + uint256(t.verifierFee) * t.panelSize + t.oracleFee;
    }

    function _amount(uint256 amount) private pure returns (uint128) {
        if (amount > type(uint128).max) revert AmountTooLarge(amount, type(uint128).max);
        return uint128(amount);
    }

    // ------------------------------------------------------------------- rules

    function _checkTerms(Terms calldata terms) private view {
        _checkCid(terms.specCid);
        _checkCid(terms.dataCid);
        if (terms.oracle == address(0)) revert ZeroOracle();
        if (terms.mafrBps < -FULL_BPS || terms.mafrBps > FULL_BPS) revert MafrOutOfRange(terms.mafrBps);
        if (terms.panelSize == 0 || terms.panelSize > MAX_PANEL_SIZE) {
            revert PanelSizeOutOfRange(terms.panelSize, MAX_PANEL_SIZE);
        }
        if (terms.quorum == 0 || terms.quorum > terms.panelSize) {
            revert QuorumOutOfRange(terms.quorum, terms.panelSize);
        }
        if (terms.deadline <= block.timestamp) revert DeadlinePassed(terms.deadline, block.timestamp);
        if (terms.drawWindow == 0 || terms.evaluationWindow == 0 || terms.tallyWindow == 0) {
            revert ZeroWindow(terms.drawWindow, terms.evaluationWindow, terms.tallyWindow);
        }
        _amount(uint256(terms.modelReward) + uint256(terms.verifierFee) * terms.panelSize + terms.oracleFee);
    }

    function _checkCid(bytes calldata cid) private pure {
        if (cid.length == 0 || cid.length > MAX_CID_LENGTH) revert CidLengthOutOfRange(cid.length, MAX_CID_LENGTH);
    }

    function _enqueue(Task storage t, uint64 modelId) private {
        if (t.head == 0) {
            t.head = modelId;
            t.headSince = uint64(block.timestamp);
        } else {
            _models[t.tail].next = modelId;
        }
        t.tail = modelId;
    }

    function _drawDeadline(Task storage t) private view returns (uint256) {
        return uint256(t.headSince) + t.drawWindow;
    }

    function _task(uint256 taskId) private view returns (Task storage t) {
        t = _tasks[taskId];
        if (t.initiator == address(0)) revert UnknownTask(taskId);
    }

    function _openTask(uint256 taskId) private view returns (Task storage t) {
        t = _task(taskId);
        if (t.state != TaskState.Open) revert TaskIsClosed(taskId);
    }

    function _model(uint256 modelId) private view returns (Model storage m, Task storage t) {
        m = _models[modelId];
        if (m.contributor == address(0)) revert UnknownModel(modelId);
        t = _tasks[m.taskId];
    }

    // ------------------------------------------------------------------- views

    /// @inheritdoc ITaskMarket
    function task(uint256 taskId) external view returns (Task memory) {
        return _task(taskId);
    }

    /// @inheritdoc ITaskMarket
    function model(uint256 modelId) external view returns (Model memory m) {
        (m,) = _model(modelId);
    }

    /// @inheritdoc ITaskMarket
    function panel(uint256 modelId) public view returns (Seat[] memory seats) {
        (Model storage m,) = _model(modelId);
        seats = new Seat[](m.seats);
        for (uint256 i; i < seats.length; ++i) {
            seats[i] = _seats[modelId][i];
        }
    }

    /// @inheritdoc ITaskMarket
    function unitBudget(uint256 taskId) external view returns (uint256) {
        return _unitBudget(_task(taskId));
    }

    /// @inheritdoc ITaskMarket
    function queueHead(uint256 taskId) external view returns (uint256) {
        return _task(taskId).head;
    }

    /// @inheritdoc ITaskMarket
    function poolLength() external view returns (uint256) {
        return _pool.length;
    }

    /// @inheritdoc ITaskMarket
    function poolSlot(uint256 slot) external view returns (PoolSlot memory) {
        return _pool[slot];
    }

    /// @inheritdoc ITaskMarket
    function isInPool(address account) external view returns (bool) {
        return _slotNumber[account] != 0;
    }

    /// @inheritdoc ITaskMarket
    function domainSeparator() external view returns (bytes32) {
        return EvaluationSignature.domainSeparator();
    }
}
