// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @title Whoever falls silent, a call that anyone may make ends the model
contract ExpiryTest is MarketFixture {
    uint256 private taskId;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        taskId = post(terms());
    }

    function refusedExpiry(uint256 modelId, uint256 deadline) private {
        refused(
            stranger,
            abi.encodeCall(market.expireModel, (modelId)),
            abi.encodeWithSelector(ITaskMarket.NotExpired.selector, modelId, deadline)
        );
    }

    // ------------------------------------------------------- the draw window

    function test_an_undrawn_model_expires_with_its_draw_window() public {
        uint256 modelId = announce(taskId, carol);
        uint256 deadline = block.timestamp + 600;
        vm.warp(deadline - 1);
        refusedExpiry(modelId, deadline);
        vm.warp(deadline);
        vm.roll(block.number + 50);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Void, 0, 0);
        vm.prank(stranger);
        market.expireModel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Void);
        assertEscrow(taskId, 10 * BUDGET, 0);
        ITaskMarket.Model memory m = market.model(modelId);
        vm.assertEq(m.since, deadline);
        vm.assertEq(m.turnBlock, block.number);
        vm.assertEq(market.task(taskId).head, 0);
        vm.assertEq(market.task(taskId).lastSettled, modelId);
    }

    function test_the_draw_window_of_the_next_begins_when_the_one_before_is_settled() public {
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        vm.warp(block.timestamp + 700);
        vm.roll(block.number + 60);
        expect();
        emit ITaskMarket.ModelSettled(first, taskId, ITaskMarket.ModelState.Void, 0, 0);
        expect();
        emit ITaskMarket.DrawArmed(second, block.number + 1);
        market.expireModel(first);
        vm.assertEq(market.task(taskId).head, second);
        vm.assertEq(market.drawBlock(second), block.number + 1);
        uint256 deadline = block.timestamp + 600;
        vm.warp(deadline - 1);
        refusedExpiry(second, deadline);
        vm.warp(deadline);
        market.expireModel(second);
        assertEscrow(taskId, 10 * BUDGET, 0);
    }

    function test_a_model_announced_after_the_last_settlement_has_its_whole_window() public {
        uint256 first = announce(taskId, carol);
        vm.warp(block.timestamp + 600);
        market.expireModel(first);
        vm.warp(block.timestamp + 300);
        uint256 second = announce(taskId, dave);
        refusedExpiry(second, block.timestamp + 600);
    }

    function test_nothing_is_armed_where_no_model_waits() public {
        uint256 modelId = announce(taskId, carol);
        vm.warp(block.timestamp + 600);
        vm.recordLogs();
        market.expireModel(modelId);
        vm.assertEq(emitted(ITaskMarket.DrawArmed.selector), 0);
    }

    function test_rearming_does_not_lengthen_the_draw_window() public {
        uint256 modelId = announce(taskId, carol);
        uint256 deadline = block.timestamp + 600;
        vm.roll(block.number + 300);
        market.drawPanel(modelId);
        vm.warp(deadline - 1);
        refusedExpiry(modelId, deadline);
        vm.warp(deadline);
        market.expireModel(modelId);
    }

    // ------------------------------------------------------ the tally window

    function test_a_drawn_model_expires_with_its_tally_window() public {
        uint256 modelId = drawn(taskId);
        uint256 deadline = block.timestamp + 500;
        vm.assertEq(market.deadlines(modelId).tally, deadline);
        vm.warp(deadline - 1);
        refusedExpiry(modelId, deadline);
        vm.warp(deadline);
        market.expireModel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Void);
        assertEscrow(taskId, 10 * BUDGET, 0);
        vm.assertEq(market.credit(carol) + market.credit(oracle), 0);
    }

    function test_each_window_moves_the_end() public {
        ITaskMarket.Terms memory t = committedTerms();
        t.keyWindow = 60;
        uint256 modelId = drawn(post(t));
        refusedExpiry(modelId, block.timestamp + 60 + 300 + 100 + 200);
    }

    function test_what_was_paid_before_the_end_is_not_released() public {
        uint256 modelId = drawn(taskId);
        deliver(request(modelId), evaluations(modelId, votes(9_000)));
        assertEscrow(taskId, 9 * BUDGET, BUDGET - FEE);
        expire(modelId);
        assertEscrow(taskId, 10 * BUDGET - FEE, 0);
        vm.assertEq(market.credit(seated(modelId, 0)), FEE);
    }

    function test_an_open_query_does_not_stop_the_end() public {
        uint256 modelId = drawn(taskId);
        request(modelId);
        expire(modelId);
        assertState(modelId, ITaskMarket.ModelState.Void);
    }

    /// @dev A late answer would settle the model once more, with the reservations of others.
    function test_an_oracle_cannot_answer_after_the_end() public {
        uint256 modelId = drawn(taskId);
        uint256 next = announce(taskId, dave);
        uint256 queryId = request(modelId);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 9_000, 9_000));
        expire(modelId);
        refused(
            oracle, abi.encodeCall(market.__callback, (queryId, rows)), wrongState(modelId, ITaskMarket.ModelState.Void)
        );
        assertState(modelId, ITaskMarket.ModelState.Void);
        vm.assertEq(market.task(taskId).head, next);
        assertEscrow(taskId, 9 * BUDGET, BUDGET);
    }

    // ----------------------------------------------------- nobody is needed

    /// @dev Initiator, contributors, panels and oracle all fall silent, each at another step; a stranger ends it all.
    function test_a_stranger_alone_ends_every_task() public {
        ITaskMarket.Terms memory t = committedTerms();
        t.keyWindow = 60;
        t.access = ITaskMarket.Access.SealedForInitiator;
        t.accessKey = "key";
        uint256 other = post(t);
        uint256 undrawn = announce(taskId, carol);
        uint256 waiting = announce(taskId, dave);
        uint256 keyless = announceSealed(other, carol);
        draw(keyless);

        vm.startPrank(stranger);
        vm.warp(GENESIS + 10_000);
        market.closeTask(taskId);
        market.closeTask(other);
        market.expireModel(undrawn);
        mine(2);
        market.drawPanel(waiting);
        vm.warp(market.deadlines(waiting).reveal);
        market.requestEvaluations(waiting);
        vm.warp(market.deadlines(waiting).tally);
        market.expireModel(waiting);
        market.expireModel(keyless);
        market.withdrawFor(initiator);
        vm.stopPrank();
        assertEscrow(taskId, 0, 0);
        assertEscrow(other, 0, 0);
        vm.assertEq(initiator.balance, 1_000 ether);
        vm.assertEq(address(market).balance, 0);
    }

    function test_only_the_head_of_a_queue_expires() public {
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        vm.warp(block.timestamp + 10_000);
        refused(stranger, abi.encodeCall(market.expireModel, (second)), notHead(second, first));
        refused(stranger, abi.encodeCall(market.expireModel, (9)), unknownModel(9));
        market.expireModel(first);
        refused(stranger, abi.encodeCall(market.expireModel, (first)), wrongState(first, ITaskMarket.ModelState.Void));
    }

    function test_an_expired_model_of_a_closed_task_pays_its_initiator_back() public {
        uint256 modelId = drawn(taskId);
        vm.prank(initiator);
        market.closeTask(taskId);
        vm.warp(market.deadlines(modelId).tally);
        expect();
        emit ITaskMarket.Credited(initiator, taskId, modelId, BUDGET, ITaskMarket.CreditReason.Refund);
        market.expireModel(modelId);
        vm.assertEq(market.credit(initiator), 10 * BUDGET);
    }

    /// @dev Who was silent in the draw window loses nothing but the turn: the next has the same base.
    function test_models_that_expired_are_no_base() public {
        rewarded(taskId, "one");
        uint256 second = announce(taskId, carol, "two");
        uint256 third = announce(taskId, dave, "three");
        vm.warp(block.timestamp + 600);
        market.expireModel(second);
        draw(third);
        bytes32 one = keccak256(abi.encode(bytes32(0), keccak256("one")));
        vm.assertEq(market.model(second).baseDigest, one);
        vm.assertEq(market.model(third).baseDigest, one);
        vm.assertEq(market.model(third).baseCount, 1);
    }
}
