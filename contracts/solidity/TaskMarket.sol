// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "./ITaskMarket.sol";
import {EvaluationSignature} from "./EvaluationSignature.sol";
import {Lottery} from "./Lottery.sol";
import {Seats} from "./Seats.sol";

/// @title TaskMarket
/// @dev Holds at all times: balance = Σ unreserved + Σ reserved + Σ credit, and a task's reserved is the unit budget of
///      each model that is not settled less the verifier fees already credited for it. Ether leaves in `withdrawFor`
///      only, after the credit is zeroed and as the last step, so a re-entering payee finds nothing to take.
contract TaskMarket is ITaskMarket {
    using Lottery for Lottery.Urn;

    /// @dev What a callback needs for each of its rows, read from storage once.
    /// @param panel who holds the seats
    /// @param counted flags of the seats whose evaluation was counted, the first seat's lowest
    struct Tally {
        uint256 taskId;
        bytes32 domain;
        int256 largestReference;
        int256 mafrBps;
        uint256 fee;
        address[] panel;
        uint256 counted;
        uint256 reports;
        uint256 passes;
    }

    uint256 private constant MAX_CID_LENGTH = 128;
    /// @dev Keeps a draw and a callback over the largest panel well inside a 30M gas block.
    uint256 private constant MAX_PANEL_SIZE = 128;
    /// @dev Words of the largest panel: MAX_PANEL_SIZE / Seats.PER_WORD, rounded up.
    uint256 private constant SEAT_WORDS = 19;
    /// @dev Slots of the pool that a draw may look up and find unusable before it settles for a smaller panel.
    uint256 private constant SPARE_DRAWS = 64;
    int256 private constant FULL_BPS = 10_000;

    uint256 public taskCount;
    uint256 public modelCount;
    uint256 public queryCount;
    mapping(address account => uint256) public credit;

    mapping(uint256 taskId => Task) private _tasks;
    mapping(uint256 modelId => Model) private _models;
    mapping(uint256 modelId => uint256[SEAT_WORDS] words) private _seats;
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
        uint32 index = _enqueue(t, uint64(modelId));
        (uint64 drawBlock, uint32 length) = (uint64(block.number + 1), uint32(_pool.length));
        bytes32 cidDigest = keccak256(cid);
        Model storage m = _models[modelId];
        m.contributor = msg.sender;
        m.drawBlock = drawBlock;
        m.index = index;
        m.taskId = uint64(taskId);
        m.poolLength = length;
        m.cidDigest = cidDigest;
        emit ModelAnnounced(modelId, taskId, msg.sender, index, cid, drawBlock, budget);
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
        (address[] memory chosen, uint256[SEAT_WORDS] memory words) =
            _sample(m, t, keccak256(abi.encode(entropy, modelId)));
        if (chosen.length < t.quorum) revert PoolTooSmall(chosen.length, t.quorum);
        uint256 taken = Seats.wordsOf(chosen.length);
        for (uint256 i; i < taken; ++i) {
            _seats[modelId][i] = words[i];
        }
        _seat(modelId, m, t, chosen);
    }

    /// @dev Eligible slots in random order until the panel is full, the pool is used up or the draws are.
    function _sample(Model storage m, Task storage t, bytes32 seed)
        private
        view
        returns (address[] memory chosen, uint256[SEAT_WORDS] memory words)
    {
        (uint256 size, uint256 wanted) = (m.poolLength, t.panelSize);
        uint256 draws = size < wanted + SPARE_DRAWS ? size : wanted + SPARE_DRAWS;
        (address contributor, address initiator) = (m.contributor, t.initiator);
        Lottery.Urn memory urn = Lottery.fill(seed, size, draws);
        chosen = new address[](wanted);
        uint256 count;
        // Both counters stay between 0 and their first limits.
        unchecked {
            for (; draws != 0 && count < wanted; --draws) {
                uint256 ticket = urn.draw();
                PoolSlot storage slot = _slot(ticket);
                (address account, bool left) = (slot.account, slot.left);
                if (left || account == contributor || account == initiator) continue;
                uint256 word = count / Seats.PER_WORD;
                words[word] = Seats.give(words[word], count % Seats.PER_WORD, ticket);
                chosen[count++] = account;
            }
        }
        // Shortens the array in place: its first word is its length.
        assembly ("memory-safe") {
            mstore(chosen, count)
        }
    }

    function _seat(uint256 modelId, Model storage m, Task storage t, address[] memory chosen) private {
        uint256 evaluationDeadline = block.timestamp + t.evaluationWindow;
        uint256 tallyDeadline = evaluationDeadline + t.tallyWindow;
        (uint32 baseCount, bytes32 baseDigest) = (t.baseCount, t.baseDigest);
        m.evaluationDeadline = uint64(evaluationDeadline);
        m.tallyDeadline = uint64(tallyDeadline);
        m.seats = uint16(chosen.length);
        m.state = ModelState.Evaluating;
        m.baseDigest = baseDigest;
        m.baseCount = baseCount;
        emit PanelDrawn(modelId, m.taskId, chosen, baseCount, baseDigest, evaluationDeadline, tallyDeadline);
    }

    /// @dev A slot that was in the pool at some announcement; the pool never shrinks, so its bound needs no check.
    function _slot(uint256 ticket) private pure returns (PoolSlot storage slot) {
        assembly ("memory-safe") {
            mstore(0, _pool.slot)
            slot.slot := add(keccak256(0, 32), ticket)
        }
    }

    /// @dev Who holds the seats of a model, and the flags of those that were counted.
    function _panel(uint256 modelId, Model storage m)
        private
        view
        returns (address[] memory accounts, uint256 counted)
    {
        accounts = new address[](m.seats);
        uint256[SEAT_WORDS] storage words = _seats[modelId];
        uint256 word;
        uint256 size = accounts.length;
        for (uint256 i; i < size; ++i) {
            uint256 place = i % Seats.PER_WORD;
            if (place == 0) {
                word = words[i / Seats.PER_WORD];
                counted |= Seats.flagsOf(word) << i;
            }
            accounts[i] = _slot(Seats.slotAt(word, place)).account;
        }
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

        _count(queryId, modelId, m, t, rows);
        (uint256 reports, uint256 passes, uint256 quorum) = (m.reports, m.passes, t.quorum);
        if (reports < quorum) {
            emit QuorumMissed(queryId, modelId, reports, quorum);
            return;
        }
        uint256 spent = t.oracleFee;
        _credit(t.oracle, m.taskId, modelId, spent, CreditReason.OracleFee);
        bool rewarded = _isRewarded(passes, reports);
        if (rewarded) {
            uint256 reward = t.modelReward;
            _credit(m.contributor, m.taskId, modelId, reward, CreditReason.ModelReward);
            spent += reward;
        }
        _settle(modelId, m, t, rewarded ? ModelState.Rewarded : ModelState.Rejected, spent);
    }

    function _count(uint256 queryId, uint256 modelId, Model storage m, Task storage t, Row[] calldata rows) private {
        Tally memory tally;
        tally.taskId = m.taskId;
        tally.domain = EvaluationSignature.domainSeparator();
        tally.largestReference = t.fitness == FitnessKind.Accuracy ? int256(0) : FULL_BPS;
        tally.mafrBps = t.mafrBps;
        tally.fee = t.verifierFee;
        (tally.panel, tally.counted) = _panel(modelId, m);
        uint256 before = tally.counted;
        EvaluationSignature.Evaluation memory said;
        said.typeHash = EvaluationSignature.EVALUATION_TYPEHASH;
        said.modelId = modelId;
        said.baseDigest = m.baseDigest;
        for (uint256 i; i < rows.length; ++i) {
            _countRow(queryId, rows[i], tally, said);
        }
        _flag(modelId, tally.counted & ~before);
        (uint256 reports, uint256 passes) = (m.reports + tally.reports, m.passes + tally.passes);
        m.openQuery = 0;
        m.reports = uint16(reports);
        m.passes = uint16(passes);
        t.reserved -= uint128(tally.reports * tally.fee);
    }

    /// @param said holds what is the same in each good row; the rest is filled in from this one
    function _countRow(
        uint256 queryId,
        Row calldata row,
        Tally memory tally,
        EvaluationSignature.Evaluation memory said
    ) private {
        (address verifier, int32 fitnessBps, int32 referenceBps) = (row.verifier, row.fitnessBps, row.referenceBps);
        (said.verifier, said.fitnessBps, said.referenceBps) = (verifier, fitnessBps, referenceBps);
        (SkipReason reason, uint256 flag) = _judge(row, tally, said);
        if (reason != SkipReason.None) {
            emit RowSkipped(queryId, said.modelId, verifier, reason);
            return;
        }
        bool passed;
        // Rates lie within ±FULL_BPS and there are at most MAX_PANEL_SIZE seats.
        unchecked {
            passed = said.fitnessBps - said.referenceBps > tally.mafrBps;
            tally.counted |= flag;
            ++tally.reports;
            if (passed) ++tally.passes;
        }
        emit EvaluationCounted(said.modelId, verifier, fitnessBps, referenceBps, passed);
        _credit(verifier, tally.taskId, said.modelId, tally.fee, CreditReason.VerifierFee);
    }

    /// @dev The signature comes last because it costs most.
    function _judge(Row calldata row, Tally memory tally, EvaluationSignature.Evaluation memory said)
        private
        pure
        returns (SkipReason, uint256 flag)
    {
        if (row.modelId != said.modelId) return (SkipReason.WrongModel, 0);
        flag = _flagOf(said.verifier, tally.panel);
        if (flag == 0) return (SkipReason.NoSeat, 0);
        if (tally.counted & flag != 0) return (SkipReason.AlreadyCounted, 0);
        if (row.baseDigest != said.baseDigest) return (SkipReason.WrongBase, 0);
        if (said.fitnessBps < 0 || said.fitnessBps > FULL_BPS) return (SkipReason.FitnessOutOfRange, 0);
        if (said.referenceBps < 0 || said.referenceBps > tally.largestReference) {
            return (SkipReason.ReferenceOutOfRange, 0);
        }
        if (!EvaluationSignature.isValid(said, row.signature, tally.domain)) return (SkipReason.BadSignature, 0);
        return (SkipReason.None, flag);
    }

    /// @dev The flag of the verifier's seat, 0 if she has none.
    function _flagOf(address verifier, address[] memory seats) private pure returns (uint256 flag) {
        assembly ("memory-safe") {
            let first := add(seats, 32)
            let end := add(first, shl(5, mload(seats)))
            for { let seat := first } lt(seat, end) { seat := add(seat, 32) } {
                if eq(mload(seat), verifier) {
                    flag := shl(shr(5, sub(seat, first)), 1)
                    break
                }
            }
        }
    }

    /// @dev Remembers which seats were counted; a word is written only if one of its seats was.
    function _flag(uint256 modelId, uint256 flags) private {
        uint256[SEAT_WORDS] storage words = _seats[modelId];
        for (uint256 i; flags != 0; ++i) {
            uint256 own = flags & ((1 << Seats.PER_WORD) - 1);
            if (own != 0) words[i] = Seats.flag(words[i], own);
            flags >>= Seats.PER_WORD;
        }
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
    /// @param spent what this call paid besides verifier fees, still in the task's reserved
    function _settle(uint256 modelId, Model storage m, Task storage t, ModelState outcome, uint256 spent) private {
        uint256 held = _unitBudget(t) - uint256(m.reports) * t.verifierFee;
        uint256 released = held - spent;
        t.reserved -= uint128(held);
        if (t.state == TaskState.Open) {
            t.unreserved += uint128(released);
        } else {
            _credit(t.initiator, m.taskId, modelId, released, CreditReason.Refund);
        }
        m.state = outcome;
        uint32 baseCount = t.baseCount;
        if (outcome == ModelState.Rewarded || (outcome == ModelState.Rejected && t.base == Base.Announced)) {
            t.baseDigest = keccak256(abi.encode(t.baseDigest, m.cidDigest));
            ++baseCount;
        }
        uint64 next = m.next;
        t.baseCount = baseCount;
        t.head = next;
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

    function _credit(address account, uint256 taskId, uint256 modelId, uint256 amount, CreditReason reason) private {
        if (amount == 0) return;
        // Credit is backed by ether, of which there is less than 2^128 wei.
        unchecked {
            credit[account] += amount;
        }
        emit Credited(account, taskId, modelId, amount, reason);
    }

    function _reserve(Task storage t) private returns (uint256 budget) {
        budget = _unitBudget(t);
        (uint256 unreserved, uint256 reserved) = (t.unreserved, t.reserved);
        if (unreserved < budget) revert EscrowExhausted(unreserved, budget);
        // What one of the two loses the other gains, and together they are ether that was sent.
        unchecked {
            unreserved -= budget;
            reserved += budget;
        }
        t.unreserved = uint128(unreserved);
        t.reserved = uint128(reserved);
    }

    /// @dev Below 2^128, as `_checkTerms` saw to.
    function _unitBudget(Task storage t) private view returns (uint256) {
        unchecked {
            return uint256(t.modelReward) + uint256(t.verifierFee) * t.panelSize + t.oracleFee;
        }
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

    /// @return index the model's place among those of its task
    function _enqueue(Task storage t, uint64 modelId) private returns (uint32 index) {
        (uint64 head, uint64 headSince) = (t.head, t.headSince);
        if (head == 0) {
            (head, headSince) = (modelId, uint64(block.timestamp));
        } else {
            _models[t.tail].next = modelId;
        }
        index = t.modelCount + 1;
        t.head = head;
        t.headSince = headSince;
        t.tail = modelId;
        t.modelCount = index;
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
    function panel(uint256 modelId) external view returns (Seat[] memory seats) {
        (Model storage m,) = _model(modelId);
        (address[] memory accounts, uint256 counted) = _panel(modelId, m);
        seats = new Seat[](accounts.length);
        for (uint256 i; i < seats.length; ++i) {
            seats[i] = Seat(accounts[i], counted >> i & 1 == 1);
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
