// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Section III-A of Mendis et al. (2018) read literally; docs/paper_contract.md shows each way it loses money
contract PaperMarket {
    struct Terms {
        bytes specCid;
        bytes dataCid;
        address oracle;
        int256 mafrBps;
        uint256 modelReward;
        uint256 verifierFee;
    }

    struct Evaluation {
        address verifier;
        int256 fitnessBps;
    }

    event TaskPosted(uint256 indexed taskId, address indexed initiator, Terms terms, uint256 escrow);
    event TaskClosed(uint256 indexed taskId, address indexed by, uint256 returned);
    event PoolJoined(address indexed account, uint256 slot);
    event ModelAnnounced(uint256 modelId, uint256 indexed taskId, address contributor, uint256 index, bytes cid);
    event EvaluationsRequested(uint256 indexed queryId, uint256 indexed taskId, uint256 modelId, address oracle);
    event EvaluationCounted(uint256 indexed modelId, address indexed verifier, int256 fitnessBps, bool passed);
    event ModelSettled(uint256 indexed modelId, uint256 indexed taskId, bool rewarded, uint256 reports, uint256 passes);
    event Paid(address indexed account, uint256 indexed taskId, uint256 indexed modelId, uint256 amount, string reason);

    error UnknownModel(uint256 modelId);
    error TaskIsClosed(uint256 taskId);
    error NotInitiator(address caller, address initiator);
    error NotOracle(address caller, address oracle);
    error AlreadyInPool(address account, uint256 slot);
    error EscrowExhausted(uint256 available, uint256 needed);
    error PaymentFailed(address account, uint256 amount);

    uint256 public taskCount;
    uint256 public modelCount;
    uint256 public queryCount;
    uint256 public poolLength;
    mapping(uint256 taskId => Terms) public terms;
    mapping(uint256 taskId => uint256) public escrow;
    mapping(uint256 taskId => address) public initiatorOf; // nobody once the task is closed
    mapping(uint256 taskId => uint256) public modelCountOf;
    mapping(uint256 modelId => uint256) public taskOf;
    mapping(uint256 modelId => address) public contributorOf;
    mapping(uint256 queryId => uint256) public modelOf;
    mapping(address account => uint256) public slotOf; // counted from 1
    mapping(uint256 slot => address) public poolSlot;

    /// @notice The first event: an initiator says what is asked for and what is paid, and sends the ether along.
    function postTask(Terms calldata terms_) external payable returns (uint256 taskId) {
        taskId = ++taskCount;
        (terms[taskId], escrow[taskId], initiatorOf[taskId]) = (terms_, msg.value, msg.sender);
        emit TaskPosted(taskId, msg.sender, terms_, msg.value);
    }

    /// @notice The end, of which the paper says nothing; without it the rest of an escrow would stay for ever.
    function closeTask(uint256 taskId) external {
        if (msg.sender != initiatorOf[taskId]) revert NotInitiator(msg.sender, initiatorOf[taskId]);
        uint256 returned = escrow[taskId];
        (escrow[taskId], initiatorOf[taskId]) = (0, address(0));
        emit TaskClosed(taskId, msg.sender, returned);
        _pay(msg.sender, taskId, 0, returned, "refund");
    }

    /// @notice Verification contributors join at their convenience (Section III).
    function joinPool() external {
        if (slotOf[msg.sender] != 0) revert AlreadyInPool(msg.sender, slotOf[msg.sender] - 1);
        poolSlot[poolLength] = msg.sender;
        slotOf[msg.sender] = ++poolLength;
        emit PoolJoined(msg.sender, poolLength - 1);
    }

    /// @notice A contributor imports the hash that IPFS returned, which the web application then shows.
    function announceModel(uint256 taskId, bytes calldata cid) external returns (uint256 modelId) {
        if (initiatorOf[taskId] == address(0)) revert TaskIsClosed(taskId);
        modelId = ++modelCount;
        (taskOf[modelId], contributorOf[modelId]) = (taskId, msg.sender);
        emit ModelAnnounced(modelId, taskId, msg.sender, ++modelCountOf[taskId], cid);
    }

    /// @notice The second event begins: the contract asks for the evaluations that were reported off chain.
    function requestEvaluations(uint256 modelId) external returns (uint256 queryId) {
        if (taskOf[modelId] == 0) revert UnknownModel(modelId);
        queryId = ++queryCount;
        modelOf[queryId] = modelId;
        emit EvaluationsRequested(queryId, taskOf[modelId], modelId, terms[taskOf[modelId]].oracle);
    }

    /// @notice The second event ends: a majority above MAFR pays the contributor; all verifiers are paid in any case.
    // slither-disable-next-line naming-convention: the name that the Oraclize services call
    function __callback(uint256 queryId, Evaluation[] calldata evaluations) external {
        (uint256 modelId, uint256 taskId) = (modelOf[queryId], taskOf[modelOf[queryId]]);
        Terms storage t = terms[taskId];
        if (msg.sender != t.oracle) revert NotOracle(msg.sender, t.oracle);
        (uint256 passes, uint256 verifiers) = (0, poolLength);
        for (uint256 i; i < evaluations.length; ++i) {
            bool passed = evaluations[i].fitnessBps > t.mafrBps;
            if (passed) ++passes;
            emit EvaluationCounted(modelId, evaluations[i].verifier, evaluations[i].fitnessBps, passed);
        }
        bool rewarded = 2 * passes > evaluations.length;
        emit ModelSettled(modelId, taskId, rewarded, evaluations.length, passes);
        uint256 due = verifiers * t.verifierFee + (rewarded ? t.modelReward : 0);
        if (escrow[taskId] < due) revert EscrowExhausted(escrow[taskId], due);
        escrow[taskId] -= due;
        if (rewarded) _pay(contributorOf[modelId], taskId, modelId, t.modelReward, "model reward");
        for (uint256 i; i < verifiers; ++i) {
            _pay(poolSlot[i], taskId, modelId, t.verifierFee, "verifier fee");
        }
    }

    function _pay(address account, uint256 taskId, uint256 modelId, uint256 amount, string memory reason) private {
        emit Paid(account, taskId, modelId, amount, reason);
        // slither-disable-next-line low-level-calls,reentrancy-events: it pays in the middle, as the paper says
        (bool paid,) = account.call{value: amount}("");
        if (!paid) revert PaymentFailed(account, amount);
    }
}
