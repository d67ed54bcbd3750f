// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {Bench} from "./Bench.sol";
import {Vm} from "./Vm.sol";

/// @title A market as shipped, people with ether and keys, and what they do in a healthy task
/// @dev   The helpers act for whom the step belongs to; `refused` is for steps that must fail.
abstract contract MarketFixture is Bench {
    bytes32 private constant EVALUATION_TYPEHASH = keccak256(
        "Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)"
    );
    bytes internal constant CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
    bytes32 internal constant CID_DIGEST = keccak256(CID);
    bytes32 internal constant FINGERPRINT = keccak256("features");
    bytes internal constant WRAPPED_KEY = "the model's key, wrapped for the initiator";
    uint256 internal constant GENESIS = 1_700_000_000;
    int32 internal constant UNREADABLE = -1;
    int32 internal constant COPY = -2;

    // What `terms` promise.
    uint256 internal constant REWARD = 1_000_000;
    uint256 internal constant FEE = 10_000;
    uint256 internal constant ORACLE_FEE = 500;
    uint256 internal constant BUDGET = REWARD + 3 * FEE + ORACLE_FEE;
    uint256 internal constant BOND = 70_000;

    ITaskMarket internal market;
    address internal rule;
    address internal initiator;
    address internal oracle;
    address internal carol;
    address internal dave;
    address internal stranger;
    mapping(address account => uint256 key) internal keyOf;

    /// @dev Deploys a market into a world with a past and people; called by `setUp`.
    function openMarket() internal {
        vm.warp(GENESIS);
        vm.roll(1_000);
        market = ITaskMarket(deploy("artifacts/TaskMarket.json"));
        rule = deploy("artifacts/FlatMajority.json");
        vm.label(address(market), "market");
        (initiator, oracle, stranger) = (person("initiator"), person("oracle"), person("stranger"));
        (carol, dave) = (person("carol"), person("dave"));
    }

    // ---------------------------------------------------------------- people

    /// @dev An account of that name with 1,000 ether and a key to sign with.
    function person(string memory name) internal returns (address account) {
        uint256 key = uint256(keccak256(bytes(name)));
        account = vm.addr(key);
        keyOf[account] = key;
        vm.deal(account, 1_000 ether);
        vm.label(account, name);
    }

    /// @dev People who join the pool, each with a stake.
    function verifiers(uint256 count, uint256 stake) internal returns (address[] memory joined) {
        joined = new address[](count);
        uint256 first = market.counts().poolLength;
        for (uint256 i; i < count; ++i) {
            joined[i] = person(string.concat("verifier ", string(abi.encodePacked(bytes32(first + i)))));
            join(joined[i], stake);
        }
    }

    function join(address account, uint256 stake) internal {
        vm.prank(account);
        market.joinPool{value: stake}("");
    }

    function quit(address account) internal {
        vm.prank(account);
        market.leavePool();
    }

    // ---------------------------------------------------------------- terms

    /// @dev The paper's task: accuracy above 75 %, three seats, two of them a quorum.
    function terms() internal view returns (ITaskMarket.Terms memory t) {
        t.specCid = CID;
        t.dataCid = CID;
        t.oracle = oracle;
        t.rule = rule;
        t.mafrBps = 7_500;
        t.modelReward = uint88(REWARD);
        t.verifierFee = uint80(FEE);
        t.oracleFee = uint80(ORACLE_FEE);
        t.panelSize = 3;
        t.quorum = 2;
        t.deadline = uint40(block.timestamp + 10_000);
        t.drawWindow = 600;
        t.evaluationWindow = 300;
        t.tallyWindow = 200;
    }

    function committedTerms() internal view returns (ITaskMarket.Terms memory t) {
        t = terms();
        t.revealWindow = 100;
    }

    function bondedTerms() internal view returns (ITaskMarket.Terms memory t) {
        t = committedTerms();
        t.bond = uint88(BOND);
    }

    function plantedTerms(bytes32 root) internal view returns (ITaskMarket.Terms memory t) {
        t = bondedTerms();
        t.fitness = ITaskMarket.FitnessKind.Standalone;
        t.plantRoot = root;
        t.plantWindow = 1_000;
        t.plantToleranceBps = 200;
    }

    function sealedTerms() internal view returns (ITaskMarket.Terms memory t) {
        t = terms();
        t.access = ITaskMarket.Access.SealedForInitiator;
        t.accessKey = "the initiator's encryption key";
        t.keyWindow = 60;
    }

    // ----------------------------------------------------------------- steps

    function post(ITaskMarket.Terms memory t) internal returns (uint256 taskId) {
        return post(t, 10 * BUDGET);
    }

    function post(ITaskMarket.Terms memory t, uint256 escrow) internal returns (uint256 taskId) {
        vm.prank(initiator);
        return market.postTask{value: escrow}(t);
    }

    function announce(uint256 taskId, address contributor) internal returns (uint256 modelId) {
        return announce(taskId, contributor, CID);
    }

    function announce(uint256 taskId, address contributor, bytes memory cid) internal returns (uint256 modelId) {
        vm.prank(contributor);
        return market.announceModel(taskId, cid, FINGERPRINT, 0, "");
    }

    function announceSealed(uint256 taskId, address contributor) internal returns (uint256 modelId) {
        vm.prank(contributor);
        return market.announceModel(taskId, CID, FINGERPRINT, keccak256(WRAPPED_KEY), "");
    }

    function draw(uint256 modelId) internal {
        mine(2);
        market.drawPanel(modelId);
    }

    /// @dev Carol's model with a panel.
    function drawn(uint256 taskId) internal returns (uint256 modelId) {
        modelId = announce(taskId, carol);
        draw(modelId);
    }

    function commit(ITaskMarket.Row memory row) internal {
        uint256 seat = seatOf(row);
        bytes32 commitment = commitmentOf(row);
        vm.prank(row.verifier);
        market.commitEvaluation(row.modelId, seat, commitment);
    }

    function toReveal(uint256 modelId) internal {
        vm.warp(market.deadlines(modelId).evaluation);
    }

    function toTally(uint256 modelId) internal {
        vm.warp(market.deadlines(modelId).reveal);
    }

    /// @dev Asks as soon as it is allowed, or now if that is later.
    function request(uint256 modelId) internal returns (uint256 queryId) {
        uint256 opens = market.deadlines(modelId).reveal;
        if (block.timestamp < opens) vm.warp(opens);
        return market.requestEvaluations(modelId);
    }

    function deliver(uint256 queryId, ITaskMarket.Row[] memory rows) internal {
        vm.prank(oracle);
        market.__callback(queryId, rows);
    }

    /// @dev From the draw to the answer: the first seats evaluate, the others are silent.
    function settle(uint256 modelId, int32[] memory fitnesses) internal {
        ITaskMarket.Row[] memory rows = evaluations(modelId, fitnesses);
        commitAll(rows);
        deliver(request(modelId), rows);
    }

    function expire(uint256 modelId) internal {
        if (stateOf(modelId) == ITaskMarket.ModelState.Evaluating) vm.warp(market.deadlines(modelId).tally);
        market.expireModel(modelId);
    }

    /// @dev Announced by Carol and through in one go.
    function rewarded(uint256 taskId, bytes memory cid) internal returns (uint256 modelId) {
        return through(taskId, cid, 9_000, ITaskMarket.ModelState.Rewarded);
    }

    function rejected(uint256 taskId, bytes memory cid) internal returns (uint256 modelId) {
        return through(taskId, cid, 7_000, ITaskMarket.ModelState.Rejected);
    }

    function through(uint256 taskId, bytes memory cid, int32 fitness, ITaskMarket.ModelState outcome)
        internal
        returns (uint256 modelId)
    {
        modelId = announce(taskId, carol, cid);
        draw(modelId);
        settle(modelId, votes(fitness, fitness, fitness));
        assertState(modelId, outcome);
    }

    /// @dev Commits where the model's task asks for it.
    function commitAll(ITaskMarket.Row[] memory rows) internal {
        if (rows.length == 0) return;
        ITaskMarket.Deadlines memory ends = market.deadlines(rows[0].modelId);
        if (ends.reveal == ends.evaluation) return;
        for (uint256 i; i < rows.length; ++i) {
            commit(rows[i]);
        }
    }

    /// @dev Mines empty blocks of 12 seconds.
    function mine(uint256 blocks) internal {
        vm.roll(block.number + blocks);
        vm.warp(block.timestamp + 12 * blocks);
    }

    // ------------------------------------------------------------------ rows

    function votes(int32 first, int32 second, int32 third) internal pure returns (int32[] memory given) {
        given = new int32[](3);
        (given[0], given[1], given[2]) = (first, second, third);
    }

    function votes(int32 first, int32 second) internal pure returns (int32[] memory given) {
        given = new int32[](2);
        (given[0], given[1]) = (first, second);
    }

    function votes(int32 only) internal pure returns (int32[] memory given) {
        given = new int32[](1);
        given[0] = only;
    }

    /// @dev Signed evaluations of the first seats, in the order of the seats.
    function evaluations(uint256 modelId, int32[] memory fitnesses)
        internal
        view
        returns (ITaskMarket.Row[] memory rows)
    {
        rows = new ITaskMarket.Row[](fitnesses.length);
        for (uint256 i; i < rows.length; ++i) {
            rows[i] = evaluation(modelId, i, fitnesses[i]);
        }
    }

    /// @dev The good, signed row of a seat's verifier.
    function evaluation(uint256 modelId, uint256 seat, int32 fitnessBps)
        internal
        view
        returns (ITaskMarket.Row memory)
    {
        return evaluation(modelId, seat, fitnessBps, 0);
    }

    function evaluation(uint256 modelId, uint256 seat, int32 fitnessBps, int32 referenceBps)
        internal
        view
        returns (ITaskMarket.Row memory)
    {
        return signed(rowOf(modelId, seated(modelId, seat), fitnessBps, referenceBps));
    }

    /// @dev A row that nobody signed yet.
    function rowOf(uint256 modelId, address verifier, int32 fitnessBps, int32 referenceBps)
        internal
        view
        returns (ITaskMarket.Row memory row)
    {
        row.modelId = modelId;
        row.verifier = verifier;
        row.fitnessBps = fitnessBps;
        row.referenceBps = referenceBps;
        row.baseDigest = market.model(modelId).baseDigest;
        row.salt = keccak256(abi.encode("salt of", verifier));
    }

    function signed(ITaskMarket.Row memory row) internal view returns (ITaskMarket.Row memory) {
        return signed(row, keyOf[row.verifier]);
    }

    /// @dev EIP-2098: the parity of v is the highest bit of s.
    function signed(ITaskMarket.Row memory row, uint256 key) internal view returns (ITaskMarket.Row memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOf(row));
        row.r = r;
        row.vs = bytes32(uint256(s) | uint256(v - 27) << 255);
        return row;
    }

    /// @dev EIP-712, spelled out once more.
    function digestOf(ITaskMarket.Row memory row) internal view returns (bytes32) {
        bytes32 said = keccak256(
            abi.encode(EVALUATION_TYPEHASH, row.modelId, row.verifier, row.fitnessBps, row.referenceBps, row.baseDigest)
        );
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), said));
    }

    function domainSeparator() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Verifuse TaskMarket"),
                keccak256("1"),
                block.chainid,
                address(market)
            )
        );
    }

    function commitmentOf(ITaskMarket.Row memory row) internal view returns (bytes32) {
        return keccak256(abi.encode(digestOf(row), row.salt));
    }

    function list(ITaskMarket.Row memory only) internal pure returns (ITaskMarket.Row[] memory rows) {
        rows = new ITaskMarket.Row[](1);
        rows[0] = only;
    }

    function list(ITaskMarket.Row memory first, ITaskMarket.Row memory second)
        internal
        pure
        returns (ITaskMarket.Row[] memory rows)
    {
        rows = new ITaskMarket.Row[](2);
        (rows[0], rows[1]) = (first, second);
    }

    // ----------------------------------------------------------------- looks

    function stateOf(uint256 modelId) internal view returns (ITaskMarket.ModelState) {
        return market.model(modelId).state;
    }

    function seated(uint256 modelId, uint256 seat) internal view returns (address) {
        return market.panel(modelId)[seat].verifier;
    }

    function seatOf(ITaskMarket.Row memory row) internal view returns (uint256 seat) {
        ITaskMarket.Seat[] memory seats = market.panel(row.modelId);
        while (seats[seat].verifier != row.verifier) ++seat;
    }

    function panelOf(uint256 modelId) internal view returns (address[] memory accounts) {
        ITaskMarket.Seat[] memory seats = market.panel(modelId);
        accounts = new address[](seats.length);
        for (uint256 i; i < seats.length; ++i) {
            accounts[i] = seats[i].verifier;
        }
    }

    // ---------------------------------------------------------- expectations

    /// @dev The next call must emit the event that the test emits after this.
    function expect() internal {
        vm.expectEmit(address(market));
    }

    /// @dev The market refuses the call with exactly this error.
    function refused(address caller, bytes memory input, bytes memory reason) internal {
        refused(caller, 0, input, reason);
    }

    function refused(address caller, uint256 value, bytes memory input, bytes memory reason) internal {
        vm.prank(caller);
        (bool ok, bytes memory answer) = address(market).call{value: value}(input);
        vm.assertTrue(!ok, "the call was not refused");
        vm.assertEq(answer, reason);
    }

    function assertState(uint256 modelId, ITaskMarket.ModelState state) internal view {
        vm.assertEq(uint8(stateOf(modelId)), uint8(state), "the model's state");
    }

    function assertEscrow(uint256 taskId, uint256 unreserved, uint256 reserved) internal view {
        ITaskMarket.TaskStatus memory t = market.task(taskId);
        vm.assertEq(t.unreserved, unreserved, "unreserved");
        vm.assertEq(t.reserved, reserved, "reserved");
    }

    /// @dev How many of these events the market emitted since vm.recordLogs.
    function emitted(bytes32 topic) internal returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(market) && logs[i].topics[0] == topic) ++count;
        }
    }

    function wrongState(uint256 modelId, ITaskMarket.ModelState state) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.WrongState.selector, modelId, state);
    }

    function unknownModel(uint256 modelId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.UnknownModel.selector, modelId);
    }

    function unknownTask(uint256 taskId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.UnknownTask.selector, taskId);
    }

    function notHead(uint256 modelId, uint256 head) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.NotHead.selector, modelId, head);
    }
}
