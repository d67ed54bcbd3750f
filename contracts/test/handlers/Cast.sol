// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {Bench} from "../Bench.sol";
import {HostileAccount} from "../fixtures/HostileAccount.sol";
import {HostileRule} from "../fixtures/HostileRule.sol";

/// @title Who and what a market full of people consists of: accounts, rules, kinds of tasks, signatures
abstract contract Cast is Bench {
    bytes32 private constant EVALUATION_TYPEHASH = keccak256(
        "Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)"
    );
    bytes private constant CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
    bytes private constant KEY = "an encryption key of 32 bytes ...";
    uint256 internal constant PURSE = 1_000 ether;
    uint256 internal constant SIGNERS = 19;
    uint256 internal constant KINDS = 8;
    /// @dev A plant shows this fitness and more by its index.
    uint256 internal constant PLANT_BPS = 6_000;
    uint256 internal constant PLANTS = 2;
    bytes32 internal constant PLANT_SALT = keccak256("where the plants grow");

    ITaskMarket public market;
    /// @dev First those who can sign, then contracts that misbehave when they are paid.
    address[] internal _people;
    mapping(address account => uint256) internal _keyOf;
    address internal _flat;
    address internal _proportional;
    address internal _median;
    address[] internal _hostileRules;

    function _gather() internal {
        vm.warp(1_700_000_000);
        vm.roll(1_000);
        market = ITaskMarket(_deploy("artifacts/TaskMarket.json", ""));
        for (uint256 i; i < SIGNERS; ++i) {
            uint256 key = uint256(keccak256(abi.encode("person", i)));
            _people.push(vm.addr(key));
            _keyOf[vm.addr(key)] = key;
        }
        for (uint256 mood = 1; mood <= uint256(HostileAccount.Mood.Burning); ++mood) {
            HostileAccount account = new HostileAccount();
            account.setMood(HostileAccount.Mood(mood));
            _people.push(address(account));
        }
        for (uint256 i; i < _people.length; ++i) {
            vm.deal(_people[i], PURSE);
        }
        _flat = _deploy("artifacts/FlatMajority.json", "");
        _proportional = _deploy("artifacts/ProportionalReward.json", abi.encode(10_000));
        _median = _deploy("artifacts/MedianReward.json", abi.encode(1_000));
        HostileRule.Mood[4] memory moods =
            [HostileRule.Mood.Greedy, HostileRule.Mood.Reverting, HostileRule.Mood.Burning, HostileRule.Mood.Unclear];
        for (uint256 i; i < moods.length; ++i) {
            _hostileRules.push(address(new HostileRule(moods[i], "")));
        }
    }

    /// @param kind plain; commit–reveal; sealed; bonded; bonded with plants; accepted base; hostile rule; all at once
    /// @param taskId which the task will get; its plants are committed to before they are announced
    function _termsOf(uint256 kind, uint256 seed, uint256 taskId) internal view returns (ITaskMarket.Terms memory t) {
        t.specCid = CID;
        t.dataCid = CID;
        t.oracle = _people[seed % 2];
        t.rule = _flat;
        t.mafrBps = 7_500;
        t.panelSize = [3, 4, 1, 5, 3, 8, 3, 17][(seed >> 8) % 8];
        t.quorum = uint16(1 + (seed >> 16) % (t.panelSize + 1) / 2);
        t.modelReward = (seed >> 24) % 8 == 0 ? 0 : 1_000_000;
        t.verifierFee = (seed >> 32) % 8 == 0 ? 0 : 10_007;
        t.oracleFee = (seed >> 40) % 8 == 0 ? 0 : 509;
        t.deadline = uint40(block.timestamp + 3_000 + (seed >> 48) % 20_000);
        t.drawWindow = 6_000;
        t.evaluationWindow = 60;
        t.tallyWindow = 3_000;
        if (kind == 1 || kind == 5) {
            t.fitness = ITaskMarket.FitnessKind.Gain;
            t.mafrBps = kind == 1 ? -50 : int16(200);
        }
        if (kind == 1 || kind == 3 || kind == 4 || kind == 7) (t.evaluationWindow, t.revealWindow) = (300, 60);
        if (kind == 2 || kind == 7) {
            t.access = kind == 2 ? ITaskMarket.Access.SealedForRewarded : ITaskMarket.Access.SealedForInitiator;
            t.accessKey = KEY;
            t.keyWindow = 30;
            t.rule = _proportional;
        }
        if (kind == 3 || kind == 4 || kind == 7) t.bond = 1_000 + uint88(seed >> 56) % 1_000_000;
        if (kind == 3) t.fitness = ITaskMarket.FitnessKind.RandomControl;
        if (kind == 3) t.mafrBps = 100;
        if (kind == 4 || kind == 7) _addPlants(t, taskId);
        if (kind == 5) (t.base, t.rule) = (ITaskMarket.Base.Accepted, _median);
        if (kind == 6 || kind == 7) t.rule = _hostileRules[(seed >> 80) % _hostileRules.length];
    }

    /// @dev The first models of the task are plants: a tree of two leaves.
    function _addPlants(ITaskMarket.Terms memory t, uint256 taskId) private pure {
        t.fitness = ITaskMarket.FitnessKind.Standalone;
        t.mafrBps = 5_000;
        t.plantWindow = 100;
        t.plantToleranceBps = 150;
        (bytes32 left, bytes32 right) = (_plantLeaf(taskId, 1), _plantLeaf(taskId, 2));
        t.plantRoot = keccak256(left < right ? abi.encode(left, right) : abi.encode(right, left));
    }

    function _plantLeaf(uint256 taskId, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(_cid(taskId, index)), _plantBps(index), PLANT_SALT));
    }

    function _plantBps(uint256 index) internal pure returns (uint256) {
        return PLANT_BPS + 1_000 * index;
    }

    function _cid(uint256 taskId, uint256 index) internal pure returns (bytes memory) {
        return abi.encodePacked("model ", bytes1(uint8(64 + taskId)), bytes1(uint8(64 + index)));
    }

    /// @dev What is committed to and released is this for each model of a sealed task.
    function _wrappedKey(uint256 taskId, uint256 index) internal pure returns (bytes memory) {
        return abi.encode("key", taskId, index);
    }

    function _digest(ITaskMarket.Row memory row) internal view returns (bytes32) {
        bytes32 said = keccak256(
            abi.encode(EVALUATION_TYPEHASH, row.modelId, row.verifier, row.fitnessBps, row.referenceBps, row.baseDigest)
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Verifuse TaskMarket"),
                keccak256("1"),
                block.chainid,
                market
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, said));
    }

    /// @return whether the row now has a good signature; contracts have no key, and a forger has another's
    function _sign(ITaskMarket.Row memory row, bool forged) internal view returns (bool) {
        uint256 key = forged ? 0 : _keyOf[row.verifier];
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key == 0 ? 1 : key, _digest(row));
        row.r = r;
        row.vs = bytes32(uint256(s) | uint256(v - 27) << 255);
        return key != 0;
    }

    /// @dev Someone calls the market, which must let her or refuse her as foretold.
    function _act(address who, uint256 value, bytes memory call, bool allowed, string memory what)
        internal
        returns (bytes memory answer)
    {
        bool ok;
        vm.prank(who);
        (ok, answer) = address(market).call{value: value}(call);
        vm.assertEq(ok, allowed, what);
    }

    /// @dev What fuzzing hands in is often small or was there before; from this all choices follow anew.
    function _mix(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    /// @dev Whether she waits until the market would let her.
    function _isPatient(uint256 seed) internal pure returns (bool) {
        return (seed >> 200) % 8 != 0;
    }

    /// @dev One of the contracts more often than their number says.
    function _anyone(uint256 seed) internal view returns (address) {
        return seed % 3 == 0 ? _people[SIGNERS + (seed >> 8) % (_people.length - SIGNERS)] : _person(seed >> 8);
    }

    function _person(uint256 seed) internal view returns (address) {
        return _people[seed % _people.length];
    }

    function _deploy(string memory artifact, bytes memory arguments) private returns (address deployed) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        require(deployed != address(0), "the deployment failed");
    }
}
