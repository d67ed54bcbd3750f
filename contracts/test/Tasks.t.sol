// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract TasksTest is MarketFixture {
    function setUp() public {
        openMarket();
        verifiers(5, 0);
    }

    function refusedTerms(ITaskMarket.Terms memory t, bytes memory reason) private {
        refused(initiator, abi.encodeCall(market.postTask, (t)), reason);
        vm.assertEq(market.counts().tasks, 0);
    }

    // --------------------------------------------------------------- posting

    function test_a_posted_task_is_told_whole() public {
        ITaskMarket.Terms memory t = plantedTerms("root");
        t.access = ITaskMarket.Access.SealedForRewarded;
        t.accessKey = "key";
        t.keyWindow = 60;
        t.base = ITaskMarket.Base.Accepted;
        expect();
        emit ITaskMarket.TaskPosted(1, initiator, t, 12_345);
        vm.assertEq(post(t, 12_345), 1);

        ITaskMarket.TaskStatus memory status = market.task(1);
        vm.assertEq(status.initiator, initiator);
        vm.assertEq(uint8(status.state), uint8(ITaskMarket.TaskState.Open));
        vm.assertEq(status.termsDigest, digestOfTerms(t));
        vm.assertEq(status.unreserved, 12_345);
        vm.assertEq(status.reserved, 0);
        vm.assertEq(uint256(status.head) + status.lastSettled + status.tail + status.modelCount, 0);
    }

    /// @dev The encoding of the terms without the offset that stands before a dynamic argument.
    function digestOfTerms(ITaskMarket.Terms memory t) private pure returns (bytes32 digest) {
        bytes memory encoded = abi.encode(t);
        assembly ("memory-safe") {
            digest := keccak256(add(encoded, 64), sub(mload(encoded), 32))
        }
    }

    function test_tasks_count_from_one() public {
        refused(initiator, abi.encodeCall(market.task, (0)), unknownTask(0));
        vm.assertEq(post(terms()), 1);
        vm.assertEq(post(terms()), 2);
        vm.assertEq(market.counts().tasks, 2);
        refused(initiator, abi.encodeCall(market.task, (3)), unknownTask(3));
    }

    function test_terms_that_begin_elsewhere_are_malformed() public {
        bytes memory input = abi.encodeCall(market.postTask, (terms()));
        // The same terms one word further on, and an offset that says so.
        bytes memory moved = bytes.concat(market.postTask.selector, bytes32(uint256(64)), bytes32(0));
        for (uint256 i = 36; i < input.length; i += 32) {
            bytes32 word;
            assembly ("memory-safe") {
                word := mload(add(add(input, 32), i))
            }
            moved = bytes.concat(moved, word);
        }
        refused(initiator, moved, abi.encodeWithSelector(ITaskMarket.MalformedTerms.selector, 64));
    }

    function test_cids_have_1_to_128_bytes() public {
        ITaskMarket.Terms memory t = terms();
        (t.specCid, t.dataCid) = (new bytes(1), new bytes(128));
        post(t, 0);
        (t.specCid, t.dataCid) = (new bytes(128), new bytes(1));
        post(t, 0);
    }

    function test_other_cids_are_refused() public {
        bytes memory none = abi.encodeWithSelector(ITaskMarket.CidLengthOutOfRange.selector, 0, 128);
        bytes memory long = abi.encodeWithSelector(ITaskMarket.CidLengthOutOfRange.selector, 129, 128);
        ITaskMarket.Terms memory t = terms();
        t.specCid = "";
        refusedTerms(t, none);
        t.specCid = new bytes(129);
        refusedTerms(t, long);
        t.specCid = CID;
        t.dataCid = "";
        refusedTerms(t, none);
        t.dataCid = new bytes(129);
        refusedTerms(t, long);
    }

    function test_an_access_key_has_at_most_256_bytes() public {
        ITaskMarket.Terms memory t = sealedTerms();
        t.accessKey = new bytes(257);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.KeyLengthOutOfRange.selector, 257, 256));
        t.accessKey = new bytes(256);
        post(t, 0);
    }

    function test_an_oracle_is_somebody() public {
        ITaskMarket.Terms memory t = terms();
        t.oracle = address(0);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.ZeroOracle.selector));
    }

    function test_a_rule_is_a_contract() public {
        ITaskMarket.Terms memory t = terms();
        t.rule = stranger;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.RuleWithoutCode.selector, stranger));
    }

    function test_mafr_is_a_signed_rate() public {
        ITaskMarket.Terms memory t = terms();
        t.mafrBps = 10_001;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.MafrOutOfRange.selector, int256(10_001)));
        t.mafrBps = -10_001;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.MafrOutOfRange.selector, int256(-10_001)));
        t.mafrBps = 10_000;
        post(t, 0);
        t.mafrBps = -10_000;
        post(t, 0);
    }

    function test_a_panel_has_1_to_128_seats() public {
        ITaskMarket.Terms memory t = terms();
        t.panelSize = 0;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.PanelSizeOutOfRange.selector, 0, 128));
        t.panelSize = 129;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.PanelSizeOutOfRange.selector, 129, 128));
        t.panelSize = 128;
        post(t, 0);
        (t.panelSize, t.quorum) = (1, 1);
        post(t, 0);
    }

    function test_a_quorum_is_part_of_a_panel() public {
        ITaskMarket.Terms memory t = terms();
        t.quorum = 0;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.QuorumOutOfRange.selector, 0, 3));
        t.quorum = 4;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.QuorumOutOfRange.selector, 4, 3));
        t.quorum = 3;
        post(t, 0);
        t.quorum = 1;
        post(t, 0);
    }

    function test_a_deadline_lies_ahead() public {
        ITaskMarket.Terms memory t = terms();
        t.deadline = uint40(block.timestamp);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.DeadlinePassed.selector, block.timestamp, block.timestamp));
        t.deadline = uint40(block.timestamp + 1);
        post(t, 0);
    }

    function test_draw_evaluation_and_tally_take_time() public {
        ITaskMarket.Terms memory t = terms();
        t.drawWindow = 0;
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.ZeroWindow.selector, 0, 300, 200));
        (t.drawWindow, t.evaluationWindow) = (600, 0);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.ZeroWindow.selector, 600, 0, 200));
        (t.evaluationWindow, t.tallyWindow) = (300, 0);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.ZeroWindow.selector, 600, 300, 0));
        (t.drawWindow, t.evaluationWindow, t.tallyWindow) = (1, 1, 1);
        post(t, 0);
    }

    function test_sealed_access_needs_a_key_and_time_to_deliver_it() public {
        ITaskMarket.Terms memory t = terms();
        t.accessKey = "key";
        refusedTerms(
            t, abi.encodeWithSelector(ITaskMarket.WrongAccessTerms.selector, ITaskMarket.Access.Public, uint256(3), 0)
        );
        for (uint8 i = 1; i < 3; ++i) {
            t.access = ITaskMarket.Access(i);
            (t.accessKey, t.keyWindow) = ("key", 0);
            refusedTerms(t, abi.encodeWithSelector(ITaskMarket.WrongAccessTerms.selector, t.access, uint256(3), 0));
            (t.accessKey, t.keyWindow) = ("", 60);
            refusedTerms(t, abi.encodeWithSelector(ITaskMarket.WrongAccessTerms.selector, t.access, uint256(0), 60));
        }
    }

    function test_sealed_access_with_both_is_accepted() public {
        ITaskMarket.Terms memory t = sealedTerms();
        t.keyWindow = 1;
        post(t, 0);
        t.access = ITaskMarket.Access.SealedForRewarded;
        post(t, 0);
    }

    /// @dev The verification sample can be sealed where the models are not.
    function test_a_public_task_may_have_a_key_window() public {
        ITaskMarket.Terms memory t = terms();
        t.keyWindow = 60;
        post(t, 0);
    }

    function test_a_bond_needs_time_to_evaluate_and_to_reveal() public {
        ITaskMarket.Terms memory t = bondedTerms();
        bytes memory needsTime = abi.encodeWithSelector(ITaskMarket.BondNeedsTime.selector, BOND, 60);
        t.revealWindow = 0;
        refusedTerms(t, needsTime);
        t.revealWindow = 59;
        refusedTerms(t, needsTime);
        t.revealWindow = 60;
        t.evaluationWindow = 59;
        refusedTerms(t, needsTime);
        t.evaluationWindow = 60;
        t.bond = 1;
        post(t, 0);
    }

    function refusedPlants(ITaskMarket.Terms memory t) private {
        refusedTerms(
            t,
            abi.encodeWithSelector(
                ITaskMarket.WrongPlantTerms.selector, t.fitness, t.bond, t.plantWindow, t.plantToleranceBps
            )
        );
    }

    function test_plants_need_a_window_a_bond_and_models_that_stand_alone() public {
        ITaskMarket.Terms memory t = plantedTerms("root");
        t.plantWindow = 0;
        refusedPlants(t);
        (t.plantWindow, t.bond) = (1, 0);
        refusedPlants(t);
        t.bond = 1;
        for (uint8 i; i < 3; ++i) {
            t.fitness = ITaskMarket.FitnessKind(i);
            refusedPlants(t);
        }
        t.fitness = ITaskMarket.FitnessKind.Standalone;
        t.plantToleranceBps = 10_001;
        refusedPlants(t);
        t.plantToleranceBps = 10_000;
        post(t, 0);
        t.plantToleranceBps = 0;
        post(t, 0);
    }

    function test_without_plants_nothing_waits_for_them() public {
        ITaskMarket.Terms memory t = bondedTerms();
        t.plantWindow = 1;
        refusedPlants(t);
        (t.plantWindow, t.plantToleranceBps) = (0, 10_001);
        refusedPlants(t);
    }

    function test_a_budget_fits_into_88_bits() public {
        uint256 most = type(uint88).max;
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.quorum, t.verifierFee, t.oracleFee) = (4, 1, type(uint80).max, type(uint80).max);
        t.modelReward = uint88(most - 5 * uint256(type(uint80).max) + 1);
        refusedTerms(t, abi.encodeWithSelector(ITaskMarket.AmountTooLarge.selector, most + 1, most));
        --t.modelReward;
        vm.deal(initiator, most);
        uint256 taskId = post(t, most);
        uint256 modelId = announce(taskId, carol);
        assertEscrow(taskId, 0, most);
        draw(modelId);
        settle(modelId, votes(9_000, 9_000, 9_000));
        vm.assertEq(market.credit(carol), t.modelReward);
        vm.assertEq(market.credit(oracle), t.oracleFee);
        assertEscrow(taskId, t.verifierFee, 0);
    }

    function test_the_largest_fees_of_the_largest_panel_do_not_wrap() public {
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.verifierFee) = (128, type(uint80).max);
        uint256 most = type(uint88).max;
        (t.modelReward, t.oracleFee) = (type(uint88).max, type(uint80).max);
        refusedTerms(
            t, abi.encodeWithSelector(ITaskMarket.AmountTooLarge.selector, most + 129 * uint256(type(uint80).max), most)
        );
    }

    function test_escrow_fits_into_88_bits() public {
        uint256 most = type(uint88).max;
        vm.deal(initiator, most + 2);
        refused(
            initiator,
            most + 1,
            abi.encodeCall(market.postTask, (terms())),
            abi.encodeWithSelector(ITaskMarket.AmountTooLarge.selector, most + 1, most)
        );
        uint256 taskId = post(terms(), most);
        refused(
            initiator,
            1,
            abi.encodeCall(market.topUp, (taskId)),
            abi.encodeWithSelector(ITaskMarket.AmountTooLarge.selector, most + 1, most)
        );
        assertEscrow(taskId, most, 0);
    }

    // ------------------------------------------------------------- topping up

    function test_anyone_tops_up() public {
        uint256 taskId = post(terms(), 5);
        vm.prank(stranger);
        expect();
        emit ITaskMarket.TaskToppedUp(taskId, stranger, 7);
        market.topUp{value: 7}(taskId);
        assertEscrow(taskId, 12, 0);
        vm.assertEq(address(market).balance, 12);
    }

    function test_what_is_not_open_takes_no_ether() public {
        refused(stranger, 7, abi.encodeCall(market.topUp, (0)), unknownTask(0));
        refused(stranger, 7, abi.encodeCall(market.topUp, (1)), unknownTask(1));
        uint256 taskId = post(terms(), 5);
        vm.prank(initiator);
        market.closeTask(taskId);
        refused(
            stranger,
            7,
            abi.encodeCall(market.topUp, (taskId)),
            abi.encodeWithSelector(ITaskMarket.TaskIsClosed.selector, taskId)
        );
        (bool ok,) = address(market).call{value: 1}("");
        vm.assertTrue(!ok);
    }

    // --------------------------------------------------------------- closing

    function test_the_initiator_closes_at_any_time() public {
        uint256 taskId = post(terms(), 99);
        expect();
        emit ITaskMarket.TaskClosed(taskId, initiator, 99);
        expect();
        emit ITaskMarket.Credited(initiator, taskId, 0, 99, ITaskMarket.CreditReason.Refund);
        vm.prank(initiator);
        market.closeTask(taskId);
        vm.assertEq(uint8(market.task(taskId).state), uint8(ITaskMarket.TaskState.Closed));
        vm.assertEq(market.credit(initiator), 99);
        assertEscrow(taskId, 0, 0);
    }

    function test_anyone_closes_after_the_deadline() public {
        uint256 taskId = post(terms(), 99);
        vm.warp(GENESIS + 9_999);
        refused(
            stranger,
            abi.encodeCall(market.closeTask, (taskId)),
            abi.encodeWithSelector(ITaskMarket.NotInitiator.selector, stranger, initiator)
        );
        vm.warp(GENESIS + 10_000);
        expect();
        emit ITaskMarket.TaskClosed(taskId, stranger, 99);
        vm.prank(stranger);
        market.closeTask(taskId);
        vm.assertEq(market.credit(initiator), 99);
        vm.assertEq(market.credit(stranger), 0);
    }

    function test_a_task_closes_once() public {
        refused(initiator, abi.encodeCall(market.closeTask, (1)), unknownTask(1));
        uint256 taskId = post(terms(), 99);
        vm.prank(initiator);
        market.closeTask(taskId);
        refused(
            initiator,
            abi.encodeCall(market.closeTask, (taskId)),
            abi.encodeWithSelector(ITaskMarket.TaskIsClosed.selector, taskId)
        );
        vm.assertEq(market.credit(initiator), 99);
    }

    function test_nothing_is_credited_where_nothing_is_left() public {
        uint256 taskId = post(terms(), 0);
        vm.recordLogs();
        vm.prank(initiator);
        market.closeTask(taskId);
        vm.assertEq(emitted(ITaskMarket.Credited.selector), 0);
    }

    function test_announced_models_are_evaluated_after_closing() public {
        uint256 taskId = post(terms());
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        draw(first);
        vm.prank(initiator);
        market.closeTask(taskId);
        vm.assertEq(market.credit(initiator), 8 * BUDGET);
        assertEscrow(taskId, 0, 2 * BUDGET);

        ITaskMarket.Row[] memory rows = evaluations(first, votes(9_000, 9_000));
        uint256 queryId = request(first);
        expect();
        emit ITaskMarket.Credited(initiator, taskId, first, FEE, ITaskMarket.CreditReason.Refund);
        deliver(queryId, rows);
        vm.assertEq(market.credit(initiator), 8 * BUDGET + FEE);
        vm.assertEq(market.credit(carol), REWARD);
        assertEscrow(taskId, 0, BUDGET);

        draw(second);
        expire(second);
        vm.assertEq(market.credit(initiator), 9 * BUDGET + FEE);
        assertEscrow(taskId, 0, 0);
    }

    function testFuzz_what_is_not_reserved_comes_back(uint88 escrow, uint88 more) public {
        more = uint88(bound(more, 0, type(uint88).max - escrow));
        vm.deal(initiator, escrow);
        vm.deal(stranger, more);
        uint256 taskId = post(terms(), escrow);
        vm.prank(stranger);
        market.topUp{value: more}(taskId);
        vm.prank(initiator);
        market.closeTask(taskId);
        vm.assertEq(market.credit(initiator), uint256(escrow) + more);
        vm.assertEq(address(market).balance, uint256(escrow) + more);
    }
}
