// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";

/// @title What all phases share: storage, and the money in it
/// @dev Holds at all times: balance = Σ unreserved + Σ reserved + Σ credit + Σ stake + burnt. Ether leaves in
///      `withdrawFor` only, after the credit is zeroed and as the last step, so a re-entering payee finds nothing to
///      take. Burnt wei stays in the contract, where no call can reach it.
abstract contract Books is ITaskMarket {
    /// @dev A task as stored, packed so that what is used together lies together.
    /// @param unreserved escrow in wei that no model holds
    /// @param reserved escrow in wei held for models that are not settled and for seats that are not
    /// @param head the model whose turn it is, 0 when none waits
    /// @param lastSettled the model settled last, 0 before the first; from it follow since when the head is the head
    ///        and what the base is, so that settling need not write either
    /// @param tail the model announced last, 0 before the first
    /// @param modelCount models announced so far
    /// @param termsDigest keccak256 of abi.encode(terms) without its first word, the offset
    struct Task {
        address oracle;
        uint24 evaluationWindow;
        uint24 tallyWindow;
        int16 mafrBps;
        uint8 panelSize;
        uint8 quorum;
        TaskState state;
        address rule;
        uint24 keyWindow;
        uint24 revealWindow;
        FitnessKind fitness;
        Base base;
        Access access;
        bool bonded;
        address initiator;
        uint40 deadline;
        uint24 drawWindow;
        uint88 modelReward;
        uint80 verifierFee;
        uint80 oracleFee;
        uint88 unreserved;
        uint88 reserved;
        uint40 head;
        uint40 lastSettled;
        uint40 tail;
        uint24 modelCount;
        bytes32 termsDigest;
        uint88 bond;
        uint24 plantWindow;
        uint16 plantToleranceBps;
        bytes32 plantRoot;
    }

    /// @dev What an account may withdraw; a struct, so that withdrawing computes its slot once.
    struct Purse {
        uint256 amount;
    }

    /// @dev Keeps a draw and a callback over the largest panel well inside a 30M gas block.
    uint256 internal constant MAX_PANEL_SIZE = 128;
    /// @dev Words of the largest panel: MAX_PANEL_SIZE / Seats.PER_WORD, rounded up.
    uint256 internal constant SEAT_WORDS = 19;
    /// @dev Words of the largest panel's margins: MAX_PANEL_SIZE / Margins.PER_WORD.
    // slither-disable-next-line unused-state: it is the length of an array's type below
    uint256 internal constant MARGIN_WORDS = 8;
    uint256 internal constant MAX_CID_LENGTH = 128;
    uint256 internal constant MAX_KEY_LENGTH = 256;
    int256 internal constant FULL_BPS = 10_000;
    /// @dev Blocks whose hash the EVM still knows.
    uint256 internal constant HASH_REACH = 256;

    mapping(address account => Purse) public credit;
    uint256 public burnt;

    /// @dev Together in one slot, because announcing reads and writes two of them.
    Counts internal _counts;
    mapping(uint256 taskId => Task) internal _tasks;
    mapping(uint256 modelId => Model) internal _models;
    mapping(uint256 modelId => uint256[SEAT_WORDS] words) internal _seats;
    mapping(uint256 modelId => uint256[MARGIN_WORDS] words) internal _margins;
    mapping(uint256 modelId => mapping(uint256 seat => bytes32)) internal _commitments;
    mapping(uint256 slot => PoolSlot) internal _pool;
    /// @dev Counts from 1, so that 0 says "not in the pool".
    mapping(address account => uint256) internal _slotNumber;

    /// @inheritdoc ITaskMarket
    function withdrawFor(address account) external {
        Purse storage purse = credit[account];
        uint256 amount = purse.amount;
        if (amount == 0) revert NothingToWithdraw(account);
        purse.amount = 0;
        emit Withdrawn(account, amount);
        bool paid;
        // By hand, so that nothing the payee returns is copied into memory that the caller pays for.
        // slither-disable-next-line assembly: see above
        assembly ("memory-safe") {
            paid := call(gas(), account, amount, 0, 0, 0, 0)
        }
        if (!paid) revert WithdrawFailed(account, amount);
    }

    function _credit(address account, uint256 taskId, uint256 modelId, uint256 amount, CreditReason reason) internal {
        if (amount == 0) return;
        // Credit is backed by ether, of which there is less than 2^88 wei.
        unchecked {
            credit[account].amount += amount;
        }
        emit Credited(account, taskId, modelId, amount, reason);
    }

    /// @dev Ends a reservation and gives back what was not spent of it: to the escrow of an open task, to the initiator
    ///      of a closed one.
    function _release(Task storage t, uint256 taskId, uint256 modelId, uint256 held, uint256 spent) internal {
        uint256 amount = held - spent;
        t.reserved -= uint88(held);
        if (t.state == TaskState.Open) {
            t.unreserved += uint88(amount);
        } else {
            _credit(t.initiator, taskId, modelId, amount, CreditReason.Refund);
        }
    }

    /// @dev Below 2^88, as the terms were checked for.
    function _unitBudget(Task storage t) internal view returns (uint256) {
        unchecked {
            return uint256(t.modelReward) + uint256(t.verifierFee) * t.panelSize + t.oracleFee;
        }
    }

    function _amount(uint256 amount) internal pure returns (uint88) {
        if (amount > type(uint88).max) revert AmountTooLarge(amount, type(uint88).max);
        return uint88(amount);
    }

    function _checkCid(bytes calldata cid) internal pure {
        if (cid.length == 0 || cid.length > MAX_CID_LENGTH) revert CidLengthOutOfRange(cid.length, MAX_CID_LENGTH);
    }

    function _checkKey(bytes calldata key) internal pure {
        if (key.length > MAX_KEY_LENGTH) revert KeyLengthOutOfRange(key.length, MAX_KEY_LENGTH);
    }

    function _task(uint256 taskId) internal view returns (Task storage t) {
        t = _tasks[taskId];
        if (t.initiator == address(0)) revert UnknownTask(taskId);
    }

    function _openTask(uint256 taskId) internal view returns (Task storage t) {
        t = _task(taskId);
        if (t.state != TaskState.Open) revert TaskIsClosed(taskId);
    }

    function _model(uint256 modelId) internal view returns (Model storage m, Task storage t) {
        m = _models[modelId];
        if (m.contributor == address(0)) revert UnknownModel(modelId);
        t = _tasks[m.taskId];
    }

    function _slot(uint256 slot) internal view returns (PoolSlot storage entry) {
        entry = _pool[slot];
        if (entry.account == address(0)) revert UnknownSlot(slot);
    }

    function _evaluating(uint256 modelId) internal view returns (Model storage m, Task storage t) {
        (m, t) = _model(modelId);
        if (m.state != ModelState.Evaluating) revert WrongState(modelId, m.state);
    }

    /// @dev The windows of a model that is being evaluated, one after the other from the draw on.
    function _deadlines(Model storage m, Task storage t) internal view returns (Deadlines memory ends) {
        unchecked {
            ends.key = uint256(m.since) + t.keyWindow;
            ends.evaluation = ends.key + t.evaluationWindow;
            ends.reveal = ends.evaluation + t.revealWindow;
            ends.tally = ends.reveal + t.tallyWindow;
        }
    }
}
