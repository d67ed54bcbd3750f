// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract AnnouncementsTest is MarketFixture {
    uint256 private taskId;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        taskId = post(terms());
    }

    function refusedModel(address caller, uint256 task, bytes32 keyCommitment, bytes memory reason) private {
        refused(caller, abi.encodeCall(market.announceModel, (task, CID, FINGERPRINT, keyCommitment, "")), reason);
    }

    function test_an_announced_model_is_told_whole() public {
        mine(7);
        expect();
        emit ITaskMarket.ModelAnnounced(
            1, taskId, carol, 1, CID, FINGERPRINT, 0, "carol's key", block.number + 1, BUDGET
        );
        vm.prank(carol);
        vm.assertEq(market.announceModel(taskId, CID, FINGERPRINT, 0, "carol's key"), 1);

        ITaskMarket.Model memory m = market.model(1);
        vm.assertEq(m.contributor, carol);
        vm.assertEq(m.taskId, taskId);
        vm.assertEq(m.turnBlock, block.number);
        vm.assertEq(m.poolLength, 5);
        vm.assertEq(m.index, 1);
        vm.assertEq(m.since, block.timestamp);
        vm.assertEq(m.cidDigest, CID_DIGEST);
        vm.assertEq(m.keyCommitment, 0);
        vm.assertEq(m.baseDigest, 0);
        vm.assertEq(uint256(m.next) + m.plantMark + m.baseCount + m.seats, 0);
        vm.assertEq(uint256(m.reports) + m.passes + m.queries + m.answers, 0);
        assertState(1, ITaskMarket.ModelState.Announced);
        vm.assertEq(market.drawBlock(1), block.number + 1);
        ITaskMarket.Deadlines memory ends = market.deadlines(1);
        vm.assertEq(ends.key + ends.evaluation + ends.reveal + ends.tally, 0);
        vm.assertEq(market.panel(1).length, 0);
        assertEscrow(taskId, 9 * BUDGET, BUDGET);
    }

    function test_a_sealed_model_is_announced_with_its_key_commitment() public {
        uint256 task = post(sealedTerms());
        expect();
        emit ITaskMarket.ModelAnnounced(
            1, task, carol, 1, CID, FINGERPRINT, keccak256(WRAPPED_KEY), "", block.number + 1, BUDGET
        );
        announceSealed(task, carol);
        vm.assertEq(market.model(1).keyCommitment, keccak256(WRAPPED_KEY));
    }

    function test_only_a_sealed_task_takes_a_key_commitment() public {
        refusedModel(
            carol,
            taskId,
            "x",
            abi.encodeWithSelector(ITaskMarket.WrongKeyCommitment.selector, ITaskMarket.Access.Public, bytes32("x"))
        );
        ITaskMarket.Terms memory t = sealedTerms();
        for (uint8 i = 1; i < 3; ++i) {
            t.access = ITaskMarket.Access(i);
            refusedModel(
                carol, post(t), 0, abi.encodeWithSelector(ITaskMarket.WrongKeyCommitment.selector, t.access, bytes32(0))
            );
        }
    }

    function test_models_queue_in_the_order_of_their_announcement() public {
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        uint256 third = announce(taskId, carol);
        vm.assertEq(market.counts().models, 3);
        ITaskMarket.TaskStatus memory t = market.task(taskId);
        vm.assertEq(t.head, first);
        vm.assertEq(t.tail, third);
        vm.assertEq(t.modelCount, 3);
        vm.assertEq(t.lastSettled, 0);
        vm.assertEq(market.model(first).next, second);
        vm.assertEq(market.model(second).next, third);
        vm.assertEq(market.model(third).next, 0);
        vm.assertEq(market.model(third).index, 3);
        assertEscrow(taskId, 7 * BUDGET, 3 * BUDGET);
    }

    function test_each_task_has_a_queue_of_its_own() public {
        uint256 other = post(terms());
        uint256 first = announce(taskId, carol);
        uint256 second = announce(other, carol);
        uint256 third = announce(taskId, dave);
        vm.assertEq(market.model(first).next, third);
        vm.assertEq(market.model(second).next, 0);
        vm.assertEq(market.model(second).index, 1);
        vm.assertEq(market.model(third).index, 2);
        vm.assertEq(market.task(other).head, second);
        vm.assertEq(market.task(other).tail, second);
        vm.assertEq(market.task(other).modelCount, 1);
        assertEscrow(taskId, 8 * BUDGET, 2 * BUDGET);
        assertEscrow(other, 9 * BUDGET, BUDGET);
    }

    function test_the_queue_begins_anew_after_it_ran_empty() public {
        uint256 first = announce(taskId, carol);
        vm.warp(block.timestamp + 600);
        market.expireModel(first);
        uint256 second = announce(taskId, dave);
        uint256 third = announce(taskId, carol);
        vm.assertEq(market.task(taskId).head, second);
        vm.assertEq(market.model(first).next, 0);
        vm.assertEq(market.model(second).next, third);
        vm.assertEq(market.model(third).index, 3);
    }

    function test_the_deadline_is_the_first_second_that_is_too_late() public {
        vm.warp(GENESIS + 10_000);
        refusedModel(
            carol,
            taskId,
            0,
            abi.encodeWithSelector(ITaskMarket.DeadlinePassed.selector, GENESIS + 10_000, GENESIS + 10_000)
        );
        vm.warp(GENESIS + 9_999);
        announce(taskId, carol);
    }

    function test_initiators_do_not_compute_for_themselves() public {
        refusedModel(
            initiator,
            taskId,
            0,
            abi.encodeWithSelector(ITaskMarket.InitiatorCannotAnnounce.selector, taskId, initiator)
        );
    }

    function test_there_must_be_an_open_task() public {
        refusedModel(carol, 0, 0, unknownTask(0));
        refusedModel(carol, 2, 0, unknownTask(2));
        vm.prank(initiator);
        market.closeTask(taskId);
        refusedModel(carol, taskId, 0, abi.encodeWithSelector(ITaskMarket.TaskIsClosed.selector, taskId));
    }

    function test_a_cid_has_1_to_128_bytes() public {
        refused(
            carol,
            abi.encodeCall(market.announceModel, (taskId, "", FINGERPRINT, 0, "")),
            abi.encodeWithSelector(ITaskMarket.CidLengthOutOfRange.selector, 0, 128)
        );
        refused(
            carol,
            abi.encodeCall(market.announceModel, (taskId, new bytes(129), FINGERPRINT, 0, "")),
            abi.encodeWithSelector(ITaskMarket.CidLengthOutOfRange.selector, 129, 128)
        );
        announce(taskId, carol, new bytes(128));
        announce(taskId, carol, new bytes(1));
    }

    function test_an_access_key_has_at_most_256_bytes() public {
        refused(
            carol,
            abi.encodeCall(market.announceModel, (taskId, CID, FINGERPRINT, 0, new bytes(257))),
            abi.encodeWithSelector(ITaskMarket.KeyLengthOutOfRange.selector, 257, 256)
        );
        vm.prank(carol);
        market.announceModel(taskId, CID, FINGERPRINT, 0, new bytes(256));
    }

    function test_the_escrow_covers_each_model_to_the_wei() public {
        uint256 task = post(terms(), 2 * BUDGET - 1);
        announce(task, carol);
        refusedModel(dave, task, 0, abi.encodeWithSelector(ITaskMarket.EscrowExhausted.selector, BUDGET - 1, BUDGET));
        market.topUp{value: 1}(task);
        announce(task, dave);
        assertEscrow(task, 0, 2 * BUDGET);
    }

    function test_unknown_models_have_no_views() public {
        bytes memory reason = unknownModel(1);
        refused(stranger, abi.encodeCall(market.model, (1)), reason);
        refused(stranger, abi.encodeCall(market.deadlines, (1)), reason);
        refused(stranger, abi.encodeCall(market.drawBlock, (1)), reason);
        refused(stranger, abi.encodeCall(market.panel, (1)), reason);
        refused(stranger, abi.encodeCall(market.model, (0)), unknownModel(0));
    }

    /// @dev The closed form of a budget: reward + seats × fee + oracle's fee.
    function testFuzz_the_whole_budget_is_reserved(uint80 reward, uint72 fee, uint80 oracleFee, uint8 seats, uint8 n)
        public
    {
        ITaskMarket.Terms memory t = terms();
        (t.modelReward, t.verifierFee, t.oracleFee) = (reward, fee, oracleFee);
        t.panelSize = uint16(bound(seats, 1, 128));
        t.quorum = 1;
        uint256 budget = uint256(reward) + uint256(fee) * t.panelSize + oracleFee;
        uint256 count = bound(n, 1, 3);
        vm.deal(initiator, count * budget);
        uint256 task = post(t, count * budget);
        for (uint256 i = 1; i <= count; ++i) {
            announce(task, carol);
            assertEscrow(task, (count - i) * budget, i * budget);
        }
    }
}
