// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @title Settling the seats of a bonded task, each by a call of its own
contract BondsTest is MarketFixture {
    uint256 private taskId;
    uint256 private modelId;

    function setUp() public {
        openMarket();
        verifiers(5, 2 * BOND);
        taskId = post(bondedTerms());
        modelId = drawn(taskId);
    }

    function slotOf(uint256 model, uint256 seat) private view returns (ITaskMarket.PoolSlot memory) {
        address verifier = seated(model, seat);
        uint256 slot;
        while (market.poolSlot(slot).account != verifier) ++slot;
        return market.poolSlot(slot);
    }

    function assertSettled(uint256 seat, ITaskMarket.SeatOutcome outcome) private {
        address verifier = seated(modelId, seat);
        uint256 burntBefore = market.burnt();
        uint256 reserved = market.task(taskId).reserved;
        bool silent = outcome == ITaskMarket.SeatOutcome.Silent;
        expect();
        emit ITaskMarket.SeatSettled(modelId, verifier, outcome, seat, silent ? BOND : 0);
        vm.prank(stranger);
        market.settleSeat(modelId, seat);
        vm.assertEq(market.burnt() - burntBefore, silent ? BOND : 0, "burnt");
        uint256 paid = outcome == ITaskMarket.SeatOutcome.Paid ? FEE : 0;
        vm.assertEq(market.credit(verifier), paid, "credit");
        vm.assertEq(reserved - market.task(taskId).reserved, paid, "reserved");
        vm.assertEq(slotOf(modelId, seat).locked, 0, "locked");
        vm.assertEq(slotOf(modelId, seat).stake, silent ? BOND : 2 * BOND, "stake");
        vm.assertTrue(market.panel(modelId)[seat].settled);
        refusedSettle(seat, abi.encodeWithSelector(ITaskMarket.SeatAlreadySettled.selector, modelId, seat));
    }

    function refusedSettle(uint256 seat, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.settleSeat, (modelId, seat)), reason);
    }

    function test_fees_of_a_bonded_task_wait_for_the_seats() public {
        settle(modelId, votes(9_000, 9_000, 0));
        vm.assertEq(market.credit(carol), REWARD);
        vm.assertEq(market.credit(oracle), ORACLE_FEE);
        assertEscrow(taskId, 9 * BUDGET, 3 * FEE);
        for (uint256 seat; seat < 3; ++seat) {
            vm.assertEq(market.credit(seated(modelId, seat)), 0);
            assertSettled(seat, ITaskMarket.SeatOutcome.Paid);
        }
        assertEscrow(taskId, 9 * BUDGET, 0);
        vm.assertEq(market.burnt(), 0);
    }

    function test_a_paid_seat_is_credited_with_an_event() public {
        settle(modelId, votes(9_000, 9_000));
        address verifier = seated(modelId, 1);
        expect();
        emit ITaskMarket.SeatSettled(modelId, verifier, ITaskMarket.SeatOutcome.Paid, 1, 0);
        expect();
        emit ITaskMarket.Credited(verifier, taskId, modelId, FEE, ITaskMarket.CreditReason.VerifierFee);
        market.settleSeat(modelId, 1);
    }

    function test_silence_costs_the_bond() public {
        settle(modelId, votes(9_000, 9_000));
        assertEscrow(taskId, 9 * BUDGET + FEE, 2 * FEE);
        assertSettled(2, ITaskMarket.SeatOutcome.Silent);
        assertSettled(0, ITaskMarket.SeatOutcome.Paid);
        vm.assertEq(market.burnt(), BOND);
        vm.assertEq(address(market).balance, 10 * BUDGET + 10 * BOND);
    }

    /// @dev The model was decided, so she could have revealed.
    function test_a_commitment_that_was_not_revealed_is_silence() public {
        commit(evaluation(modelId, 2, 9_000));
        settle(modelId, votes(9_000, 9_000));
        assertSettled(2, ITaskMarket.SeatOutcome.Silent);
    }

    function test_who_committed_to_a_void_model_is_excused() public {
        commit(evaluation(modelId, 1, 9_000));
        expire(modelId);
        assertEscrow(taskId, 10 * BUDGET, 0);
        assertSettled(0, ITaskMarket.SeatOutcome.Silent);
        assertSettled(1, ITaskMarket.SeatOutcome.Excused);
        assertSettled(2, ITaskMarket.SeatOutcome.Silent);
        vm.assertEq(market.burnt(), 2 * BOND);
        assertEscrow(taskId, 10 * BUDGET, 0);
    }

    function test_who_was_counted_is_paid_though_the_model_is_void() public {
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        commit(row);
        toReveal(modelId);
        market.revealEvaluation(row);
        vm.assertEq(market.credit(row.verifier), 0);
        expire(modelId);
        assertEscrow(taskId, 10 * BUDGET - FEE, FEE);
        assertSettled(0, ITaskMarket.SeatOutcome.Paid);
        assertEscrow(taskId, 10 * BUDGET - FEE, 0);
    }

    function test_only_seats_of_a_settled_model_are_settled() public {
        refused(stranger, abi.encodeCall(market.settleSeat, (9, 0)), unknownModel(9));
        refusedSettle(0, wrongState(modelId, ITaskMarket.ModelState.Evaluating));
        uint256 waiting = announce(taskId, dave);
        refused(
            stranger,
            abi.encodeCall(market.settleSeat, (waiting, 0)),
            wrongState(waiting, ITaskMarket.ModelState.Announced)
        );
        settle(modelId, votes(9_000, 9_000));
        refusedSettle(3, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, address(0), 3));
        refusedSettle(
            type(uint256).max, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, address(0), type(uint256).max)
        );
    }

    function test_a_model_that_expired_without_a_panel_has_no_seats() public {
        uint256 undrawn = announce(post(bondedTerms()), carol);
        vm.warp(block.timestamp + 600);
        expire(undrawn);
        refused(
            stranger,
            abi.encodeCall(market.settleSeat, (undrawn, 0)),
            abi.encodeWithSelector(ITaskMarket.NotSeated.selector, address(0), 0)
        );
    }

    function test_a_task_without_bond_has_no_seats_to_settle() public {
        uint256 task = post(committedTerms());
        modelId = drawn(task);
        settle(modelId, votes(9_000, 9_000));
        refusedSettle(0, abi.encodeWithSelector(ITaskMarket.NotBonded.selector, task));
    }

    /// @dev Seats beyond the first word of flags.
    function test_seats_of_a_larger_panel_are_settled_one_by_one() public {
        verifiers(30, 2 * BOND);
        ITaskMarket.Terms memory t = bondedTerms();
        (t.panelSize, t.quorum) = (30, 9);
        taskId = post(t);
        modelId = drawn(taskId);
        int32[] memory fitnesses = new int32[](16);
        for (uint256 i; i < 16; ++i) {
            fitnesses[i] = 9_000;
        }
        settle(modelId, fitnesses);
        uint256[8] memory seats = [uint256(0), 6, 7, 13, 14, 15, 16, 29];
        for (uint256 i; i < 8; ++i) {
            if (market.credit(seated(modelId, seats[i])) != 0) continue;
            if (slotOf(modelId, seats[i]).locked != BOND) {
                market.settleSeat(modelId, seats[i]);
                continue;
            }
            assertSettled(seats[i], seats[i] < 16 ? ITaskMarket.SeatOutcome.Paid : ITaskMarket.SeatOutcome.Silent);
        }
        ITaskMarket.Seat[] memory panel = market.panel(modelId);
        for (uint256 i; i < 30; ++i) {
            bool isSettled = i == 0 || i == 6 || i == 7 || (i > 12 && i < 17) || i == 29;
            vm.assertEq(panel[i].settled, isSettled);
            vm.assertEq(panel[i].counted, i < 16);
        }
    }

    /// @dev Locked for two models, lost for one.
    function test_each_seat_stands_for_itself() public {
        openMarket();
        address[] memory pool = verifiers(2, 2 * BOND);
        ITaskMarket.Terms memory t = bondedTerms();
        t.panelSize = 2;
        taskId = post(t);
        modelId = drawn(taskId);
        uint256 other = drawn(post(t));
        vm.assertEq(market.poolSlot(0).locked, 2 * BOND);
        ITaskMarket.Row[] memory rows = evaluations(other, votes(9_000, 9_000));
        commitAll(rows);
        deliver(request(other), rows);
        expire(modelId);
        for (uint256 seat; seat < 2; ++seat) {
            market.settleSeat(modelId, seat);
        }
        vm.assertEq(market.poolSlot(0).locked, BOND);
        vm.assertEq(market.poolSlot(0).stake, BOND);
        for (uint256 seat; seat < 2; ++seat) {
            market.settleSeat(other, seat);
        }
        vm.assertEq(market.poolSlot(1).locked, 0);
        vm.assertEq(market.poolSlot(1).stake, BOND);
        vm.assertEq(market.burnt(), 2 * BOND);
        vm.assertEq(market.credit(pool[0]) + market.credit(pool[1]), 2 * FEE);
    }
}
