// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @title Planted tests: models whose fitness the initiator knows before the panel measures it
contract PlantsTest is MarketFixture {
    bytes32 private constant SALT = "salt";
    uint256 private constant PLANT = 8_000;

    uint256 private taskId;
    uint256 private modelId;
    bytes32[] private proof;

    function setUp() public {
        openMarket();
        verifiers(5, BOND);
        taskId = post(plantedTerms(rootOf(PLANT)));
        modelId = drawn(taskId);
    }

    function leafOf(uint256 plantBps) private pure returns (bytes32) {
        return keccak256(abi.encode(CID_DIGEST, plantBps, SALT));
    }

    /// @dev A tree of four leaves; leaves the first one's proof in `proof`.
    function rootOf(uint256 plantBps) private returns (bytes32) {
        bytes32 leaf = leafOf(plantBps);
        delete proof;
        proof.push(keccak256("second leaf"));
        proof.push(joined(keccak256("third leaf"), keccak256("fourth leaf")));
        return joined(joined(leaf, proof[0]), proof[1]);
    }

    function joined(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function refusedPlant(uint256 plantBps, bytes32 salt, bytes32[] memory path, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.revealPlant, (modelId, plantBps, salt, path)), reason);
    }

    function notAPlant() private view returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.NotAPlant.selector, modelId);
    }

    function assertRevealed(int256 median, bool agreed) private {
        expect();
        emit ITaskMarket.PlantRevealed(modelId, stranger, PLANT, median, agreed);
        vm.prank(stranger);
        market.revealPlant(modelId, PLANT, SALT, proof);
        vm.assertEq(market.model(modelId).plantMark, agreed ? PLANT + 1 : 0);
    }

    function assertSettled(uint256 seat, ITaskMarket.SeatOutcome outcome) private {
        bool slashed = outcome == ITaskMarket.SeatOutcome.Slashed;
        expect();
        emit ITaskMarket.SeatSettled(modelId, seated(modelId, seat), outcome, seat, slashed ? BOND : 0);
        market.settleSeat(modelId, seat);
        vm.assertEq(market.credit(seated(modelId, seat)), slashed ? 0 : FEE);
    }

    function toSettling() private {
        vm.warp(market.model(modelId).since + 1_000);
    }

    // ------------------------------------------------------------- the proof

    function test_only_what_was_committed_is_a_plant() public {
        settle(modelId, votes(8_000, 8_000, 8_000));
        refusedPlant(PLANT + 1, SALT, proof, notAPlant());
        refusedPlant(PLANT, "pepper", proof, notAPlant());
        refusedPlant(PLANT, SALT, new bytes32[](0), notAPlant());
        bytes32[] memory path = proof;
        (path[0], path[1]) = (path[1], path[0]);
        refusedPlant(PLANT, SALT, path, notAPlant());
        path = proof;
        path[0] = bytes32(uint256(path[0]) ^ 1);
        refusedPlant(PLANT, SALT, path, notAPlant());
        assertRevealed(8_000, true);
    }

    function test_a_plant_names_its_model_by_its_cid() public {
        settle(modelId, votes(8_000, 8_000, 8_000));
        modelId = announce(taskId, carol, "another model");
        draw(modelId);
        expire(modelId);
        refusedPlant(PLANT, SALT, proof, notAPlant());
    }

    function test_a_plant_belongs_to_its_task() public {
        taskId = post(plantedTerms("another root"));
        modelId = drawn(taskId);
        expire(modelId);
        refusedPlant(PLANT, SALT, proof, notAPlant());
    }

    function test_a_root_of_one_leaf_needs_no_proof() public {
        openMarket();
        verifiers(3, BOND);
        taskId = post(plantedTerms(leafOf(PLANT)));
        modelId = drawn(taskId);
        settle(modelId, votes(8_000, 8_000, 8_000));
        delete proof;
        assertRevealed(8_000, true);
    }

    function test_a_planted_fitness_is_a_rate() public {
        openMarket();
        verifiers(3, BOND);
        taskId = post(plantedTerms(rootOf(10_001)));
        modelId = drawn(taskId);
        settle(modelId, votes(10_000, 10_000, 10_000));
        refusedPlant(10_001, SALT, proof, notAPlant());
        taskId = post(plantedTerms(rootOf(10_000)));
        toSettling();
        for (uint256 seat; seat < 3; ++seat) {
            market.settleSeat(modelId, seat);
        }
        modelId = drawn(taskId);
        settle(modelId, votes(10_000, 10_000, 10_000));
        market.revealPlant(modelId, 10_000, SALT, proof);
        vm.assertEq(market.model(modelId).plantMark, 10_001);
    }

    /// @dev The windows of a plant: until its end it may be revealed, from then on the seats are settled.
    function test_a_plant_is_revealed_before_the_seats_are_settled() public {
        settle(modelId, votes(8_000, 8_000, 8_000));
        uint256 deadline = block.timestamp + 1_000;
        bytes memory settleSeat = abi.encodeCall(market.settleSeat, (modelId, 0));
        bytes memory locked = abi.encodeWithSelector(ITaskMarket.SeatLocked.selector, modelId, deadline);
        refused(stranger, settleSeat, locked);
        vm.warp(deadline - 1);
        refused(stranger, settleSeat, locked);
        uint256 before = vm.snapshotState();
        assertRevealed(8_000, true);
        vm.revertToState(before);
        vm.warp(deadline);
        refusedPlant(
            PLANT, SALT, proof, abi.encodeWithSelector(ITaskMarket.PlantWindowOver.selector, modelId, deadline)
        );
        assertSettled(0, ITaskMarket.SeatOutcome.Paid);
    }

    function test_only_a_settled_model_can_be_a_plant() public {
        refusedPlant(PLANT, SALT, proof, wrongState(modelId, ITaskMarket.ModelState.Evaluating));
        modelId = announce(taskId, dave);
        refusedPlant(PLANT, SALT, proof, wrongState(modelId, ITaskMarket.ModelState.Announced));
        modelId = 9;
        refusedPlant(PLANT, SALT, proof, unknownModel(9));
    }

    function test_a_task_without_plants_reveals_none() public {
        modelId = rewarded(post(terms()), CID);
        refusedPlant(
            PLANT, SALT, proof, abi.encodeWithSelector(ITaskMarket.PlantWindowOver.selector, modelId, block.timestamp)
        );
    }

    function test_a_plant_is_revealed_once() public {
        settle(modelId, votes(8_000, 8_000, 8_000));
        assertRevealed(8_000, true);
        refusedPlant(PLANT, SALT, proof, abi.encodeWithSelector(ITaskMarket.PlantAlreadyRevealed.selector, modelId));
    }

    // ------------------------------------------------------------ the median

    function test_a_median_at_the_tolerance_agrees() public {
        settle(modelId, votes(7_000, 7_800, 9_000));
        assertRevealed(7_800, true);
    }

    function test_a_median_at_the_tolerance_above_agrees() public {
        settle(modelId, votes(9_500, 8_200, 0));
        assertRevealed(8_200, true);
    }

    function test_a_median_beyond_the_tolerance_slashes_nobody() public {
        settle(modelId, votes(7_799, 8_000, 0));
        assertRevealed(7_799, false);
        toSettling();
        for (uint256 seat; seat < 3; ++seat) {
            assertSettled(seat, ITaskMarket.SeatOutcome.Paid);
        }
        vm.assertEq(market.burnt(), 0);
    }

    function test_a_median_beyond_the_tolerance_above_slashes_nobody() public {
        settle(modelId, votes(8_201, 8_201, 8_000));
        assertRevealed(8_201, false);
    }

    function test_of_two_the_lower_is_the_median() public {
        settle(modelId, votes(8_300, 7_900));
        assertRevealed(7_900, true);
    }

    function test_complaints_are_no_part_of_the_median() public {
        settle(modelId, votes(UNREADABLE, 8_100, UNREADABLE));
        assertRevealed(8_100, true);
        toSettling();
        for (uint256 seat; seat < 3; ++seat) {
            assertSettled(seat, ITaskMarket.SeatOutcome.Paid);
        }
    }

    function test_complaints_alone_have_no_median() public {
        settle(modelId, votes(UNREADABLE, UNREADABLE));
        assertRevealed(type(int16).min, false);
    }

    function test_a_model_without_evaluations_has_no_median() public {
        expire(modelId);
        assertRevealed(type(int16).min, false);
    }

    // ---------------------------------------------------------- the slashing

    function test_who_contradicts_the_panel_and_the_plant_is_slashed() public {
        settle(modelId, votes(7_800, 8_200, 8_201));
        assertEscrow(taskId, taskEscrow(), 3 * FEE);
        uint256 unreserved = market.task(taskId).unreserved;
        assertRevealed(8_200, true);
        toSettling();
        assertSettled(0, ITaskMarket.SeatOutcome.Paid);
        assertSettled(1, ITaskMarket.SeatOutcome.Paid);
        assertSettled(2, ITaskMarket.SeatOutcome.Slashed);
        vm.assertEq(market.burnt(), BOND);
        assertEscrow(taskId, unreserved + FEE, 0);
        address slashed = seated(modelId, 2);
        for (uint256 slot; slot < 5; ++slot) {
            ITaskMarket.PoolSlot memory entry = market.poolSlot(slot);
            vm.assertEq(entry.stake, entry.account == slashed ? 0 : BOND);
            vm.assertEq(entry.locked, 0);
        }
        vm.assertEq(address(market).balance, 10 * BUDGET + 5 * BOND);
    }

    function taskEscrow() private view returns (uint256) {
        bool won = stateOf(modelId) == ITaskMarket.ModelState.Rewarded;
        return 10 * BUDGET - (won ? REWARD : 0) - ORACLE_FEE - 3 * FEE;
    }

    function test_too_low_is_slashed_as_too_high_is() public {
        settle(modelId, votes(7_799, 8_000, 8_000));
        assertRevealed(8_000, true);
        toSettling();
        assertSettled(0, ITaskMarket.SeatOutcome.Slashed);
        assertSettled(1, ITaskMarket.SeatOutcome.Paid);
    }

    function test_a_closed_task_gives_withheld_fees_to_its_initiator() public {
        vm.prank(initiator);
        market.closeTask(taskId);
        settle(modelId, votes(0, 8_000, 8_000));
        uint256 before = market.credit(initiator);
        assertRevealed(8_000, true);
        toSettling();
        expect();
        emit ITaskMarket.SeatSettled(modelId, seated(modelId, 0), ITaskMarket.SeatOutcome.Slashed, 0, BOND);
        expect();
        emit ITaskMarket.Credited(initiator, taskId, modelId, FEE, ITaskMarket.CreditReason.Refund);
        market.settleSeat(modelId, 0);
        vm.assertEq(market.credit(initiator) - before, FEE);
    }

    function test_complaints_are_never_slashed() public {
        uint256 first = rejectedPlant();
        vm.assertTrue(first != 0);
        ITaskMarket.Row[] memory rows = new ITaskMarket.Row[](3);
        rows[0] = evaluation(modelId, 0, 8_000);
        rows[1] = evaluation(modelId, 1, UNREADABLE);
        rows[2] = evaluation(modelId, 2, COPY, 1);
        commitAll(rows);
        deliver(request(modelId), rows);
        assertRevealed(8_000, true);
        toSettling();
        for (uint256 seat; seat < 3; ++seat) {
            uint256 before = market.credit(seated(modelId, seat));
            market.settleSeat(modelId, seat);
            vm.assertEq(market.credit(seated(modelId, seat)) - before, FEE);
        }
        vm.assertEq(market.burnt(), 0);
    }

    /// @dev Settles the first model of the task with its seats and draws a second.
    function rejectedPlant() private returns (uint256 first) {
        first = modelId;
        settle(first, votes(0, 0, 0));
        toSettling();
        for (uint256 seat; seat < 3; ++seat) {
            market.settleSeat(first, seat);
        }
        modelId = drawn(taskId);
    }

    function test_silence_costs_no_more_under_a_plant() public {
        settle(modelId, votes(8_000, 8_000));
        assertRevealed(8_000, true);
        toSettling();
        expect();
        emit ITaskMarket.SeatSettled(modelId, seated(modelId, 2), ITaskMarket.SeatOutcome.Silent, 2, BOND);
        market.settleSeat(modelId, 2);
        vm.assertEq(market.burnt(), BOND);
    }

    function testFuzz_who_lies_further_off_than_the_tolerance_is_slashed(uint16 a, uint16 b, uint16 c) public {
        int32[] memory said = votes(
            int32(int256(bound(a, 7_700, 8_300))),
            int32(int256(bound(b, 7_700, 8_300))),
            int32(int256(bound(c, 7_700, 8_300)))
        );
        settle(modelId, said);
        int32 high = said[0] > said[1] ? said[0] : said[1];
        int32 low = said[0] > said[1] ? said[1] : said[0];
        int32 median = said[2] > high ? high : said[2] < low ? low : said[2];
        bool agreed = median >= 7_800 && median <= 8_200;
        assertRevealed(median, agreed);
        toSettling();
        uint256 lost;
        for (uint256 seat; seat < 3; ++seat) {
            bool fits = said[seat] >= 7_800 && said[seat] <= 8_200;
            assertSettled(seat, fits || !agreed ? ITaskMarket.SeatOutcome.Paid : ITaskMarket.SeatOutcome.Slashed);
            if (!fits && agreed) lost += BOND;
        }
        vm.assertEq(market.burnt(), lost);
        vm.assertEq(market.task(taskId).reserved, 0);
    }
}
