// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A market in which models trained on private data are announced, evaluated and paid
/// @notice One contract serves many tasks. A task goes Open → Closed; a model of a task goes
///         Announced → Evaluating → Rewarded, Rejected or Void. Models of one task are evaluated one at a time, in the
///         order of their announcement.
/// @dev    Every deadline is the first second that is too late: a call is in time while block.timestamp < deadline.
///         Ids of tasks, models and queries count from 1. CIDs travel as the ASCII text of the CID string. Each wei
///         moved can be derived from the events alone.
interface ITaskMarket {
    // ------------------------------------------------------------------ types

    /// @notice What verifiers measure: the fused model's accuracy (reference 0), or its gain over the base's accuracy.
    enum FitnessKind {
        Accuracy,
        Gain
    }

    /// @notice Which earlier models a model is fused with: all that are not Void, or only the rewarded ones.
    enum Base {
        Announced,
        Accepted
    }

    enum TaskState {
        Open,
        Closed
    }

    enum ModelState {
        Announced,
        Evaluating,
        Rewarded,
        Rejected,
        Void
    }

    enum CreditReason {
        ModelReward,
        VerifierFee,
        OracleFee,
        Refund
    }

    /// @notice Why a row of an oracle's answer was not counted; None never appears in an event.
    enum SkipReason {
        None,
        WrongModel,
        NoSeat,
        AlreadyCounted,
        WrongBase,
        FitnessOutOfRange,
        ReferenceOutOfRange,
        BadSignature
    }

    /// @notice What an initiator fixes when posting a task.
    /// @param specCid CID of the task's specification, which names the recommended structure if there is one
    /// @param dataCid CID of the verification sample
    /// @param oracle the account whose callback brings the evaluations
    /// @param mafrBps minimum acceptable fitness rate in basis points, signed; fitness minus reference must exceed it
    /// @param modelReward wei for the contributor of a rewarded model
    /// @param verifierFee wei for each counted evaluation
    /// @param oracleFee wei for an answer that reaches the quorum
    /// @param panelSize seats of a panel
    /// @param quorum counted evaluations below which a model cannot be decided
    /// @param deadline Unix time at which announcing ends
    /// @param drawWindow seconds to draw a panel once a model is the head of the queue
    /// @param evaluationWindow seconds that a panel has to evaluate
    /// @param tallyWindow seconds after the evaluation deadline to bring in the evaluations
    struct Terms {
        bytes specCid;
        bytes dataCid;
        address oracle;
        int32 mafrBps;
        FitnessKind fitness;
        Base base;
        uint128 modelReward;
        uint128 verifierFee;
        uint128 oracleFee;
        uint16 panelSize;
        uint16 quorum;
        uint64 deadline;
        uint32 drawWindow;
        uint32 evaluationWindow;
        uint32 tallyWindow;
    }

    /// @notice A task as stored.
    /// @param unreserved escrow in wei that no model holds
    /// @param reserved escrow in wei held for models that are not settled
    /// @param head the model whose turn it is, 0 when none waits
    /// @param tail the model announced last, 0 before the first
    /// @param headSince Unix time since which the head has been the head
    /// @param modelCount models announced so far
    /// @param baseCount models in the base of the next model
    /// @param contentDigest keccak256(keccak256(specCid) ‖ keccak256(dataCid))
    /// @param baseDigest rolling digest of the base's CID digests, 0 when empty
    struct Task {
        address initiator;
        uint64 deadline;
        uint16 panelSize;
        uint16 quorum;
        address oracle;
        uint32 drawWindow;
        uint32 evaluationWindow;
        uint32 tallyWindow;
        uint128 modelReward;
        uint128 verifierFee;
        uint128 oracleFee;
        int32 mafrBps;
        FitnessKind fitness;
        Base base;
        TaskState state;
        uint128 unreserved;
        uint128 reserved;
        uint64 head;
        uint64 tail;
        uint64 headSince;
        uint32 modelCount;
        uint32 baseCount;
        bytes32 contentDigest;
        bytes32 baseDigest;
    }

    /// @notice A model as stored; what changes most lies in one slot.
    /// @param drawBlock block whose hash seats the panel
    /// @param index its place among the task's models, from 1
    /// @param next the model announced after it for the same task, 0 when it is the last
    /// @param poolLength length of the pool at the announcement; later joiners cannot be drawn
    /// @param baseCount models in the base it is fused with, fixed by the draw
    /// @param openQuery the query that waits for the oracle's answer, 0 when none
    /// @param seats size of the drawn panel
    /// @param reports evaluations counted
    /// @param passes counted evaluations above MAFR
    /// @param cidDigest keccak256 of the CID's ASCII text
    /// @param baseDigest digest of the base it is fused with, fixed by the draw
    struct Model {
        address contributor;
        uint64 drawBlock;
        uint32 index;
        uint64 taskId;
        uint64 next;
        uint32 poolLength;
        uint32 baseCount;
        bytes32 cidDigest;
        bytes32 baseDigest;
        uint64 evaluationDeadline;
        uint64 tallyDeadline;
        uint64 openQuery;
        uint16 seats;
        uint16 reports;
        uint16 passes;
        ModelState state;
    }

    struct Seat {
        address verifier;
        bool counted;
    }

    struct PoolSlot {
        address account;
        bool left;
    }

    /// @notice One signed evaluation as the oracle brings it.
    /// @param signature the verifier's 65 bytes r, s, v over the EIP-712 typed data
    ///        Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)
    struct Row {
        uint256 modelId;
        address verifier;
        int32 fitnessBps;
        int32 referenceBps;
        bytes32 baseDigest;
        bytes signature;
    }

    // ----------------------------------------------------------------- events

    event TaskPosted(uint256 indexed taskId, address indexed initiator, Terms terms, uint256 escrow);
    event TaskToppedUp(uint256 indexed taskId, address indexed by, uint256 amount);
    event TaskClosed(uint256 indexed taskId, address indexed by, uint256 returned);
    event PoolJoined(address indexed account, uint256 slot, bytes publicKey);
    event PoolLeft(address indexed account, uint256 slot);
    event ModelAnnounced(
        uint256 indexed modelId,
        uint256 indexed taskId,
        address indexed contributor,
        uint256 index,
        bytes cid,
        uint256 drawBlock,
        uint256 reserved
    );
    event PanelDrawn(
        uint256 indexed modelId,
        uint256 indexed taskId,
        address[] panel,
        uint256 baseCount,
        bytes32 baseDigest,
        uint256 evaluationDeadline,
        uint256 tallyDeadline
    );
    event DrawRearmed(uint256 indexed modelId, uint256 drawBlock);
    event EvaluationsRequested(
        uint256 indexed queryId, uint256 indexed taskId, uint256 indexed modelId, address oracle
    );
    event EvaluationCounted(
        uint256 indexed modelId, address indexed verifier, int32 fitnessBps, int32 referenceBps, bool passed
    );
    event RowSkipped(uint256 indexed queryId, uint256 indexed modelId, address indexed verifier, SkipReason reason);
    event QuorumMissed(uint256 indexed queryId, uint256 indexed modelId, uint256 reports, uint256 quorum);
    event ModelSettled(
        uint256 indexed modelId, uint256 indexed taskId, ModelState outcome, uint256 reports, uint256 passes
    );
    /// @notice Wei became withdrawable; modelId is 0 for what closing a task returns.
    event Credited(
        address indexed account, uint256 indexed taskId, uint256 indexed modelId, uint256 amount, CreditReason reason
    );
    event Withdrawn(address indexed account, uint256 amount);

    // ----------------------------------------------------------------- errors

    error UnknownTask(uint256 taskId);
    error UnknownModel(uint256 modelId);
    error UnknownQuery(uint256 queryId);
    error CidLengthOutOfRange(uint256 length, uint256 maximum);
    error ZeroOracle();
    error MafrOutOfRange(int256 mafrBps);
    error PanelSizeOutOfRange(uint256 panelSize, uint256 maximum);
    error QuorumOutOfRange(uint256 quorum, uint256 panelSize);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    error ZeroWindow(uint256 drawWindow, uint256 evaluationWindow, uint256 tallyWindow);
    error AmountTooLarge(uint256 amount, uint256 maximum);
    error TaskIsClosed(uint256 taskId);
    error NotInitiator(address caller, address initiator);
    error InitiatorCannotAnnounce(uint256 taskId, address initiator);
    error EscrowExhausted(uint256 available, uint256 needed);
    error AlreadyInPool(address account, uint256 slot);
    error NotInPool(address account);
    error WrongState(uint256 modelId, ModelState state);
    error NotHead(uint256 modelId, uint256 head);
    error DrawBlockAhead(uint256 modelId, uint256 drawBlock);
    error DrawWindowOver(uint256 modelId, uint256 deadline);
    error PoolTooSmall(uint256 eligible, uint256 quorum);
    error EvaluationWindowOpen(uint256 modelId, uint256 deadline);
    error TallyWindowOver(uint256 modelId, uint256 deadline);
    error QueryOpen(uint256 modelId, uint256 queryId);
    error QueryAnswered(uint256 queryId);
    error NotOracle(address caller, address oracle);
    error NotExpired(uint256 modelId, uint256 deadline);
    error NothingToWithdraw(address account);
    error WithdrawFailed(address account, uint256 amount);

    // ------------------------------------------------------------------ tasks

    /// @notice Posts a task; the ether sent is its escrow.
    function postTask(Terms calldata terms) external payable returns (uint256 taskId);

    /// @notice Adds ether to an open task's escrow; anyone may.
    function topUp(uint256 taskId) external payable;

    /// @notice Ends announcing: the initiator at any time, anyone after the deadline. Unreserved escrow becomes the
    ///         initiator's credit, and so does what later settlements release. Announced models are still evaluated.
    function closeTask(uint256 taskId) external;

    // ------------------------------------------------------------------- pool

    /// @notice Joins the pool from which panels are drawn.
    /// @param publicKey an encryption key for those who want to write to this verifier; only emitted
    function joinPool(bytes calldata publicKey) external;

    /// @notice Leaves the pool. Seats already drawn stay.
    function leavePool() external;

    // ----------------------------------------------------------------- models

    /// @notice Announces a model by its CID and reserves its whole budget from the task's escrow.
    function announceModel(uint256 taskId, bytes calldata cid) external returns (uint256 modelId);

    /// @notice Seats a panel for the head of its task's queue with the hash of a block that was in the future when the
    ///         model was announced. If that hash is out of reach (256 blocks), arms a new block instead.
    ///         The panel is a uniform sample, without the contributor and the initiator, of those who were in the pool
    ///         at the announcement and still are. Its gas does not depend on the pool's size: after panelSize + 64
    ///         looked-up slots the panel is what was found.
    function drawPanel(uint256 modelId) external;

    /// @notice Asks the task's oracle for the evaluations of a model, once its evaluation window is over.
    function requestEvaluations(uint256 modelId) external returns (uint256 queryId);

    /// @notice The oracle's answer. Good rows are counted and paid, bad ones skipped with an event. With a quorum the
    ///         model settles: Rewarded if (fitness − reference) > MAFR in strictly more than half of the evaluations.
    function __callback(uint256 queryId, Row[] calldata rows) external;

    /// @notice Makes the head of a queue Void when its draw or tally window has passed.
    function expireModel(uint256 modelId) external;

    /// @notice Pays an account its credit; anyone may call, only the account is paid.
    function withdrawFor(address account) external;

    // ------------------------------------------------------------------ views

    function task(uint256 taskId) external view returns (Task memory);
    function model(uint256 modelId) external view returns (Model memory);
    function panel(uint256 modelId) external view returns (Seat[] memory);
    function credit(address account) external view returns (uint256);
    function unitBudget(uint256 taskId) external view returns (uint256);
    function queueHead(uint256 taskId) external view returns (uint256 modelId);
    function poolLength() external view returns (uint256);
    function poolSlot(uint256 slot) external view returns (PoolSlot memory);
    function isInPool(address account) external view returns (bool);
    function taskCount() external view returns (uint256);
    function modelCount() external view returns (uint256);
    function queryCount() external view returns (uint256);
    function domainSeparator() external view returns (bytes32);
}
