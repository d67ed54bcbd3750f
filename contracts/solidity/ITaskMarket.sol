// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A market in which models trained on private data are announced, evaluated and paid
/// @notice One contract serves many tasks. A task goes Open → Closed; a model of a task goes
///         Announced → Evaluating → Rewarded, Rejected or Void. Models of one task are evaluated one at a time, in the
///         order of their announcement.
/// @dev    Every deadline is the first second that is too late: a call is in time while block.timestamp < deadline.
///         Ids of tasks, models and queries count from 1. CIDs travel as the ASCII text of the CID string. Each wei
///         moved can be derived from the events alone.
///
///         From the draw on a model passes through four windows, each beginning where the one before ends; a window
///         of 0 seconds is left out:
///           keys        the contributor (and the initiator) deliver keys to the panel   until keyDeadline
///           evaluation  the panel evaluates; commits, where the task asks for it        until evaluationDeadline
///           reveal      what was committed may be shown, on the board or on chain       until revealDeadline
///           tally       the oracle brings the evaluations                               until tallyDeadline
interface ITaskMarket {
    // ------------------------------------------------------------------ types

    /// @notice What verifiers measure and what they measure it against (the reference).
    ///         Accuracy: of the fused model, against 0. Gain: of the fused model, against the base's. RandomControl: of
    ///         the fused model, against the base with an equally wide random block. Standalone: of the model alone on
    ///         the labels it declares, against 0; such a task has no base.
    enum FitnessKind {
        Accuracy,
        Gain,
        RandomControl,
        Standalone
    }

    /// @notice Which earlier models a model is fused with: all that are not Void, or only the rewarded ones.
    enum Base {
        Announced,
        Accepted
    }

    /// @notice Who can use a model: whoever reads the store, the initiator once it is rewarded, or also the
    ///         contributors of the task's other rewarded models.
    enum Access {
        Public,
        SealedForInitiator,
        SealedForRewarded
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
        Refund,
        Stake
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
        BadSignature,
        NotCommitted
    }

    /// @notice What became of a seat of a bonded task: counted; silent, its bond burnt; contradicted by a planted
    ///         test, its bond burnt and its fee withheld; or silent without blame, because the model was not decided
    ///         although she had committed.
    enum SeatOutcome {
        Paid,
        Silent,
        Slashed,
        Excused
    }

    /// @notice What an initiator fixes when posting a task.
    /// @param specCid CID of the task's specification, which names the recommended structure if there is one
    /// @param dataCid CID of the verification sample
    /// @param accessKey the initiator's encryption key; empty if and only if access is Public
    /// @param oracle the account whose callback brings the evaluations
    /// @param rule the IRewardRule that decides and says what the contributor gets
    /// @param mafrBps minimum acceptable fitness rate in basis points, signed; fitness minus reference must exceed it
    /// @param modelReward the most wei that the contributor of a rewarded model can get
    /// @param verifierFee wei for each counted evaluation
    /// @param oracleFee wei for an answer that reaches the quorum
    /// @param panelSize seats of a panel
    /// @param quorum counted evaluations below which a model cannot be decided
    /// @param deadline Unix time at which announcing ends
    /// @param drawWindow seconds to draw a panel once a model is the head of the queue
    /// @param keyWindow seconds after the draw to deliver keys; needed when access is sealed
    /// @param evaluationWindow seconds that a panel has to evaluate (and to commit)
    /// @param revealWindow seconds to reveal what was committed; 0 turns commit–reveal off
    /// @param tallyWindow seconds to bring in the evaluations
    /// @param bond wei locked for each seat, 0 for none; a bonded task needs a minute to evaluate and one to reveal
    /// @param plantToleranceBps how far an evaluation may lie from a planted test
    /// @param plantWindow seconds after a settlement in which a plant may be revealed; fees and bonds wait for its end
    /// @param plantRoot Merkle root of the planted tests, 0 for none; needs a bond and the fitness kind Standalone
    struct Terms {
        bytes specCid;
        bytes dataCid;
        bytes accessKey;
        address oracle;
        address rule;
        int16 mafrBps;
        FitnessKind fitness;
        Base base;
        Access access;
        uint88 modelReward;
        uint80 verifierFee;
        uint80 oracleFee;
        uint16 panelSize;
        uint16 quorum;
        uint40 deadline;
        uint24 drawWindow;
        uint24 keyWindow;
        uint24 evaluationWindow;
        uint24 revealWindow;
        uint24 tallyWindow;
        uint88 bond;
        uint16 plantToleranceBps;
        uint24 plantWindow;
        bytes32 plantRoot;
    }

    /// @notice Where a task stands. Its terms are in the event that posted it.
    /// @param termsDigest keccak256 of abi.encode(terms) without its first word, the offset
    /// @param unreserved escrow in wei that no model holds
    /// @param reserved escrow in wei held for models that are not settled and for seats that are not
    /// @param head the model whose turn it is, 0 when none waits
    /// @param lastSettled the model settled last, 0 before the first
    /// @param tail the model announced last, 0 before the first
    /// @param modelCount models announced so far
    struct TaskStatus {
        address initiator;
        TaskState state;
        bytes32 termsDigest;
        uint88 unreserved;
        uint88 reserved;
        uint40 head;
        uint40 lastSettled;
        uint40 tail;
        uint24 modelCount;
    }

    /// @notice A model as stored.
    /// @param next the model announced after it for the same task, 0 when it is the last
    /// @param plantMark 0, or 1 + the fitness of the planted test that it proved to be and that its panel agreed with
    /// @param turnBlock block of the announcement, and once it is settled block of the settlement
    /// @param poolLength length of the pool at the announcement; later joiners cannot be drawn
    /// @param index its place among the task's models, from 1
    /// @param baseCount models in the base it is fused with, fixed by the draw
    /// @param since Unix time since which it is in its state
    /// @param seats size of the drawn panel
    /// @param reports evaluations counted
    /// @param passes counted evaluations above MAFR
    /// @param queries how often the oracle was asked
    /// @param answers how often it answered
    /// @param cidDigest keccak256 of the CID's ASCII text
    /// @param baseDigest digest of the base it is fused with, fixed by the draw: 0 when empty, else
    ///        keccak256(digest of the base before its last model ‖ that model's cidDigest)
    /// @param keyCommitment keccak256 of the model's key as wrapped for the initiator; 0 when access is Public
    struct Model {
        address contributor;
        uint40 taskId;
        uint40 next;
        uint16 plantMark;
        uint40 turnBlock;
        uint32 poolLength;
        uint24 index;
        uint24 baseCount;
        uint40 since;
        uint16 seats;
        uint16 reports;
        uint16 passes;
        uint16 queries;
        uint16 answers;
        ModelState state;
        bytes32 cidDigest;
        bytes32 baseDigest;
        bytes32 keyCommitment;
    }

    struct Seat {
        address verifier;
        bool counted;
        bool settled;
    }

    /// @notice One entry of the pool; an account that comes back gets a new one.
    /// @param leftBlock block in which the account left, 0 while it is there
    /// @param stake wei deposited on joining, less what was burnt or reclaimed
    /// @param locked of these, wei locked for seats
    struct PoolSlot {
        address account;
        uint40 leftBlock;
        uint128 stake;
        uint128 locked;
    }

    struct Counts {
        uint40 tasks;
        uint40 models;
        uint32 poolLength;
    }

    /// @notice When the windows of a model end; all 0 before the draw.
    struct Deadlines {
        uint256 key;
        uint256 evaluation;
        uint256 reveal;
        uint256 tally;
    }

    /// @notice One signed evaluation.
    /// @param fitnessBps 0 … 10,000; or UNREADABLE (−1): the model cannot be fetched, opened or rebuilt; or
    ///        COPY (−2): it is a copy of the task's model whose index is given as reference
    /// @param salt what the commitment was made with; 0 where the task has no commit–reveal
    /// @param r, vs the verifier's compact signature (EIP-2098) over the EIP-712 typed data
    ///        Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)
    struct Row {
        uint256 modelId;
        address verifier;
        int32 fitnessBps;
        int32 referenceBps;
        bytes32 baseDigest;
        bytes32 salt;
        bytes32 r;
        bytes32 vs;
    }

    // ----------------------------------------------------------------- events

    event TaskPosted(uint256 indexed taskId, address indexed initiator, Terms terms, uint256 escrow);
    event TaskToppedUp(uint256 indexed taskId, address indexed by, uint256 amount);
    event TaskClosed(uint256 indexed taskId, address indexed by, uint256 returned);
    event PoolJoined(address indexed account, uint256 slot, uint256 stake, bytes publicKey);
    event PoolLeft(address indexed account, uint256 slot);
    event StakeReclaimed(address indexed account, uint256 slot, uint256 amount);
    event ModelAnnounced(
        uint256 indexed modelId,
        uint256 indexed taskId,
        address indexed contributor,
        uint256 index,
        bytes cid,
        bytes32 fingerprint,
        bytes32 keyCommitment,
        bytes accessKey,
        uint256 drawBlock,
        uint256 reserved
    );
    /// @notice The panel of a model will be drawn with the hash of another block than was announced: it became the
    ///         head of its queue only now, or the hash was out of reach.
    event DrawArmed(uint256 indexed modelId, uint256 drawBlock);
    event PanelDrawn(
        uint256 indexed modelId,
        uint256 indexed taskId,
        address[] panel,
        uint256 baseCount,
        bytes32 baseDigest,
        Deadlines deadlines,
        uint256 bond
    );
    /// @notice Wrapped keys of equal length in the order of the panel's seats: to the model from its contributor, to the verification
    ///         sample from the initiator.
    event KeysDelivered(uint256 indexed modelId, address indexed by, bytes wrappedKeys);
    event KeyReleased(uint256 indexed modelId, address indexed by, bytes wrappedKey);
    event KeyShared(
        uint256 indexed modelId, uint256 indexed recipientModelId, address indexed recipient, bytes wrappedKey
    );
    event EvaluationCommitted(uint256 indexed modelId, address indexed verifier, bytes32 commitment);
    event EvaluationsRequested(
        uint256 indexed queryId, uint256 indexed taskId, uint256 indexed modelId, address oracle
    );
    event EvaluationCounted(
        uint256 indexed modelId, address indexed verifier, int32 fitnessBps, int32 referenceBps, bool passed
    );
    event RowSkipped(uint256 indexed queryId, uint256 indexed modelId, address indexed verifier, SkipReason reason);
    event QuorumMissed(uint256 indexed queryId, uint256 indexed modelId, uint256 reports, uint256 quorum);
    event RuleFailed(uint256 indexed modelId, address indexed rule);
    event ModelSettled(
        uint256 indexed modelId, uint256 indexed taskId, ModelState outcome, uint256 reports, uint256 passes
    );
    event SeatSettled(
        uint256 indexed modelId, address indexed verifier, SeatOutcome outcome, uint256 seat, uint256 burnt
    );
    event PlantRevealed(uint256 indexed modelId, address indexed by, uint256 plantBps, int256 medianBps, bool agreed);
    /// @notice Wei became withdrawable; modelId is 0 for what closing a task or reclaiming a stake returns.
    event Credited(
        address indexed account, uint256 indexed taskId, uint256 indexed modelId, uint256 amount, CreditReason reason
    );
    event Withdrawn(address indexed account, uint256 amount);

    // ----------------------------------------------------------------- errors

    error UnknownTask(uint256 taskId);
    error UnknownModel(uint256 modelId);
    error UnknownQuery(uint256 queryId);
    error CidLengthOutOfRange(uint256 length, uint256 maximum);
    error KeyLengthOutOfRange(uint256 length, uint256 maximum);
    error ZeroOracle();
    error MalformedTerms(uint256 offset);
    error RuleWithoutCode(address rule);
    error MafrOutOfRange(int256 mafrBps);
    error PanelSizeOutOfRange(uint256 panelSize, uint256 maximum);
    error QuorumOutOfRange(uint256 quorum, uint256 panelSize);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    error ZeroWindow(uint256 drawWindow, uint256 evaluationWindow, uint256 tallyWindow);
    error WrongAccessTerms(Access access, uint256 accessKeyLength, uint256 keyWindow);
    error BondNeedsTime(uint256 bond, uint256 minimum);
    error WrongPlantTerms(FitnessKind fitness, uint256 bond, uint256 plantWindow, uint256 plantToleranceBps);
    error AmountTooLarge(uint256 amount, uint256 maximum);
    error TaskIsClosed(uint256 taskId);
    error NotInitiator(address caller, address initiator);
    error InitiatorCannotAnnounce(uint256 taskId, address initiator);
    error EscrowExhausted(uint256 available, uint256 needed);
    error WrongKeyCommitment(Access access, bytes32 keyCommitment);
    error AlreadyInPool(address account, uint256 slot);
    error NotInPool(address account);
    error UnknownSlot(uint256 slot);
    error StakeStillBound(uint256 slot, uint256 freeBlock);
    error NothingToReclaim(uint256 slot);
    error WrongState(uint256 modelId, ModelState state);
    error NotHead(uint256 modelId, uint256 head);
    error DrawBlockAhead(uint256 modelId, uint256 drawBlock);
    error DrawWindowOver(uint256 modelId, uint256 deadline);
    error PoolTooSmall(uint256 eligible, uint256 quorum);
    error NotKeyHolder(address caller);
    error KeyWindowOver(uint256 modelId, uint256 deadline);
    error WrongKeyCount(uint256 length, uint256 seats);
    error WrongKey(uint256 modelId);
    error NotShared(uint256 modelId, uint256 recipientModelId);
    error CommitmentNotAsked(uint256 modelId);
    error EvaluationWindowOver(uint256 modelId, uint256 deadline);
    error NotSeated(address caller, uint256 seat);
    error AlreadyCommitted(uint256 modelId, uint256 seat);
    error RevealWindowClosed(uint256 modelId, uint256 opens, uint256 closes);
    error RowRefused(SkipReason reason);
    error EvaluationWindowOpen(uint256 modelId, uint256 deadline);
    error TallyWindowOver(uint256 modelId, uint256 deadline);
    error QueryOpen(uint256 modelId, uint256 queryId);
    error QueryAnswered(uint256 queryId);
    error NotOracle(address caller, address oracle);
    error GasTooLow(uint256 available, uint256 needed);
    error NotExpired(uint256 modelId, uint256 deadline);
    error NotBonded(uint256 taskId);
    error SeatLocked(uint256 modelId, uint256 until);
    error SeatAlreadySettled(uint256 modelId, uint256 seat);
    error PlantWindowOver(uint256 modelId, uint256 deadline);
    error PlantAlreadyRevealed(uint256 modelId);
    error NotAPlant(uint256 modelId);
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

    /// @notice Joins the pool from which panels are drawn; the ether sent is the account's stake. A seat of a bonded
    ///         task needs as much free stake as its bond.
    /// @param publicKey an encryption key for those who want to write to this verifier; only emitted
    function joinPool(bytes calldata publicKey) external payable;

    /// @notice Leaves the pool. Seats already drawn stay, and so do draws whose block was named before: whoever knows
    ///         the hash can no longer steer the draw by leaving.
    function leavePool() external;

    /// @notice Turns what is free of a stake into credit, 256 blocks after its owner left: until then a draw may still
    ///         seat her. Anyone may call, only the account is credited.
    function reclaimStake(uint256 slot) external;

    // ----------------------------------------------------------------- models

    /// @notice Announces a model by its CID and reserves its whole budget from the task's escrow.
    /// @param fingerprint of the model's features, by which verifiers recognise a copy; only emitted
    /// @param keyCommitment keccak256 of the model's key as wrapped for the initiator's accessKey; 0 in a public task
    /// @param accessKey encryption key to which others may wrap the keys of rewarded models; may be empty
    function announceModel(
        uint256 taskId,
        bytes calldata cid,
        bytes32 fingerprint,
        bytes32 keyCommitment,
        bytes calldata accessKey
    ) external returns (uint256 modelId);

    /// @notice Seats a panel for the head of its task's queue with the hash of a block that was in the future when the
    ///         model was announced and when it became the head. If that hash is out of reach (256 blocks), arms a new
    ///         block instead. The panel is a uniform sample, without the contributor and the initiator, of those who
    ///         were in the pool at the announcement and had not left by that block. Its gas does not depend on the
    ///         pool's size: after panelSize + 64 looked-up slots the panel is what was found.
    function drawPanel(uint256 modelId) external;

    // ------------------------------------------------------------------- keys

    /// @notice Hands a panel the key to the model (its contributor) or to the verification sample (the initiator),
    ///         wrapped to each seat's public key: pieces of equal length in the order of the seats.
    function deliverKeys(uint256 modelId, bytes calldata wrappedKeys) external;

    /// @notice Gives the initiator the key to a rewarded model; any holder may. Wrapping is deterministic, so whoever
    ///         holds the key can make the very bytes that the contributor committed to, and a panel member can check
    ///         the commitment before she votes; nobody but the initiator can unwrap them.
    function releaseKey(uint256 modelId, bytes calldata wrappedKey) external;

    /// @notice Gives the contributor of one rewarded model the key to another of the same task, where the task shares
    ///         among the rewarded; any holder may. The recipient checks it against the commitment.
    function shareKey(uint256 modelId, uint256 recipientModelId, bytes calldata wrappedKey) external;

    // ------------------------------------------------------------ evaluations

    /// @notice Binds a panel member to her evaluation before she can see another's.
    /// @param commitment keccak256(EIP-712 digest of the evaluation ‖ salt); the digest covers the whole row, the
    ///        sender, this contract and the chain
    function commitEvaluation(uint256 modelId, uint256 seat, bytes32 commitment) external;

    /// @notice Counts one row on chain in the reveal window, so that no oracle can withhold it; anyone may bring it.
    function revealEvaluation(Row calldata row) external;

    /// @notice Asks the task's oracle for the evaluations of a model, once its evaluation and reveal windows are over.
    /// @return queryId the model's id for the first query, and 2^40 more for each further one
    function requestEvaluations(uint256 modelId) external returns (uint256 queryId);

    /// @notice The oracle's answer. Good rows are counted and paid, bad ones skipped with an event. With a quorum the
    ///         task's rule decides: the model is Rewarded or Rejected, or Void if the rule fails.
    // slither-disable-next-line naming-convention: the name that the Oraclize services call
    function __callback(uint256 queryId, Row[] calldata rows) external;

    /// @notice Ends the head of a queue whose draw or tally window has passed: by the rule if a quorum was counted on
    ///         chain, as Void otherwise.
    function expireModel(uint256 modelId) external;

    // ------------------------------------------------------------------ bonds

    /// @notice Pays or punishes one seat of a settled model of a bonded task, after the plant window; anyone may call.
    function settleSeat(uint256 modelId, uint256 seat) external;

    /// @notice Shows that a settled model was a planted test. Where the panel's median agrees with it, seats that lie
    ///         further from it than the tolerance are slashed.
    /// @param plantBps the fitness that was planted; the leaf is keccak256(cidDigest ‖ plantBps ‖ salt)
    /// @param proof siblings from the leaf to the root, each pair hashed in ascending order
    function revealPlant(uint256 modelId, uint256 plantBps, bytes32 salt, bytes32[] calldata proof) external;

    // ------------------------------------------------------------------ money

    /// @notice Pays an account its credit; anyone may call, only the account is paid.
    function withdrawFor(address account) external;

    // ------------------------------------------------------------------ views

    function task(uint256 taskId) external view returns (TaskStatus memory);
    function model(uint256 modelId) external view returns (Model memory);
    function deadlines(uint256 modelId) external view returns (Deadlines memory);
    function drawBlock(uint256 modelId) external view returns (uint256);
    function panel(uint256 modelId) external view returns (Seat[] memory);
    function credit(address account) external view returns (uint256);
    function burnt() external view returns (uint256);
    function poolSlot(uint256 slot) external view returns (PoolSlot memory);
    function isInPool(address account) external view returns (bool);
    /// @notice How many tasks, models and slots of the pool there are.
    function counts() external view returns (Counts memory);
    function domainSeparator() external view returns (bytes32);
}
