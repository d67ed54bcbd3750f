// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract DrawsTest is MarketFixture {
    address[] private pool;
    uint256 private taskId;

    function setUp() public {
        openMarket();
        pool = verifiers(5, 0);
        taskId = post(terms());
    }

    function refusedDraw(uint256 modelId, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.drawPanel, (modelId)), reason);
    }

    function blockAhead(uint256 modelId, uint256 number) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.DrawBlockAhead.selector, modelId, number);
    }

    function sits(uint256 modelId, address account) private view returns (bool) {
        address[] memory panel = panelOf(modelId);
        for (uint256 i; i < panel.length; ++i) {
            if (panel[i] == account) return true;
        }
        return false;
    }

    /// @dev A task whose panels take all who are eligible.
    function wholePool() private returns (uint256) {
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.quorum) = (100, 1);
        return post(t);
    }

    // ------------------------------------------------------------- the panel

    function test_a_drawn_panel_is_told_whole() public {
        uint256 modelId = announce(taskId, carol);
        mine(2);
        uint256 before = vm.snapshotState();
        market.drawPanel(modelId);
        address[] memory panel = panelOf(modelId);
        vm.revertToState(before);

        ITaskMarket.Deadlines memory ends =
            ITaskMarket.Deadlines(block.timestamp, block.timestamp + 300, block.timestamp + 300, block.timestamp + 500);
        expect();
        emit ITaskMarket.PanelDrawn(modelId, taskId, panel, 0, 0, ends, 0);
        vm.prank(stranger);
        market.drawPanel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Evaluating);
        vm.assertEq(market.model(modelId).since, block.timestamp);
        vm.assertEq(market.model(modelId).seats, 3);
        vm.assertEq(abi.encode(market.deadlines(modelId)), abi.encode(ends));
        for (uint256 i; i < 3; ++i) {
            ITaskMarket.Seat memory seat = market.panel(modelId)[i];
            vm.assertTrue(!seat.counted && !seat.settled);
        }
    }

    function test_the_windows_follow_one_another() public {
        ITaskMarket.Terms memory t = committedTerms();
        t.keyWindow = 60;
        uint256 modelId = drawn(post(t));
        ITaskMarket.Deadlines memory ends = market.deadlines(modelId);
        vm.assertEq(ends.key, block.timestamp + 60);
        vm.assertEq(ends.evaluation, block.timestamp + 360);
        vm.assertEq(ends.reveal, block.timestamp + 460);
        vm.assertEq(ends.tally, block.timestamp + 660);
    }

    /// @dev Spelled out once more: without replacement, seeded by keccak256(block hash ‖ model).
    function test_the_panel_is_the_lottery_of_the_block_hash() public {
        uint256 modelId = announce(taskId, carol);
        bytes32 entropy = keccak256("entropy");
        mine(2);
        vm.setBlockhash(block.number - 1, entropy);
        market.drawPanel(modelId);
        bytes32 seed = keccak256(abi.encode(entropy, modelId));
        address[] memory tickets = pool;
        for (uint256 i; i < 3; ++i) {
            uint256 remaining = 5 - i;
            uint256 place = uint256(keccak256(abi.encode(seed, remaining))) % remaining;
            vm.assertEq(seated(modelId, i), tickets[place]);
            tickets[place] = tickets[remaining - 1];
        }
    }

    function test_each_model_has_a_panel_of_its_own() public {
        uint256[6] memory models;
        for (uint256 i; i < 6; ++i) {
            models[i] = announce(post(terms()), carol);
        }
        mine(2);
        bool differ;
        for (uint256 i; i < 6; ++i) {
            market.drawPanel(models[i]);
            if (keccak256(abi.encode(panelOf(models[i]))) != keccak256(abi.encode(panelOf(models[0])))) differ = true;
        }
        vm.assertTrue(differ);
    }

    function test_nobody_sits_twice() public {
        uint256 modelId = drawn(wholePool());
        vm.assertEq(market.model(modelId).seats, 5);
        for (uint256 i; i < 5; ++i) {
            vm.assertTrue(sits(modelId, pool[i]));
        }
    }

    function test_panels_of_every_size_keep_each_seat() public {
        verifiers(31, 0);
        uint16[8] memory sizes = [uint16(1), 6, 7, 8, 14, 15, 28, 36];
        for (uint256 k; k < sizes.length; ++k) {
            ITaskMarket.Terms memory t = terms();
            (t.panelSize, t.quorum) = (sizes[k], 1);
            uint256 modelId = drawn(post(t));
            address[] memory panel = panelOf(modelId);
            vm.assertEq(panel.length, sizes[k]);
            for (uint256 i; i < panel.length; ++i) {
                vm.assertTrue(panel[i] != address(0));
                for (uint256 j; j < i; ++j) {
                    vm.assertNotEq(panel[i], panel[j]);
                }
            }
        }
    }

    /// @dev 3 of 5 seats, 600 draws: each verifier is expected in 360 panels, with a standard deviation of 12, and in
    ///      120 of them first, with one of 10.
    function test_the_panel_is_a_uniform_sample() public {
        uint256 modelId = announce(taskId, carol);
        mine(2);
        uint256 before = vm.snapshotState();
        uint256[5] memory chosen;
        uint256[5] memory first;
        for (uint256 i; i < 600; ++i) {
            vm.setBlockhash(block.number - 1, keccak256(abi.encode("seed", i)));
            market.drawPanel(modelId);
            address[] memory panel = panelOf(modelId);
            for (uint256 k; k < 5; ++k) {
                if (panel[0] == pool[k]) ++first[k];
                if (panel[0] == pool[k] || panel[1] == pool[k] || panel[2] == pool[k]) ++chosen[k];
            }
            vm.revertToState(before);
        }
        // The seeds are fixed, so these bounds of four standard deviations hold or fail for good.
        for (uint256 k; k < 5; ++k) {
            vm.assertApproxEqAbs(chosen[k], 360, 48);
            vm.assertApproxEqAbs(first[k], 120, 40);
        }
        // Pearson's statistic of four degrees of freedom exceeds 18.5 in one of a thousand fair lotteries.
        vm.assertLt(squares(first, 120), 120 * 18);
    }

    function squares(uint256[5] memory counts, uint256 expected) private pure returns (uint256 sum) {
        for (uint256 k; k < 5; ++k) {
            uint256 distance = counts[k] > expected ? counts[k] - expected : expected - counts[k];
            sum += distance * distance;
        }
    }

    // ---------------------------------------------------------- who may draw

    function test_the_draw_waits_for_its_block() public {
        uint256 modelId = announce(taskId, carol);
        uint256 drawBlock = block.number + 1;
        vm.assertEq(market.drawBlock(modelId), drawBlock);
        refusedDraw(modelId, blockAhead(modelId, drawBlock));
        mine(1);
        refusedDraw(modelId, blockAhead(modelId, drawBlock));
        mine(1);
        market.drawPanel(modelId);
    }

    function test_the_draw_window_ends() public {
        uint256 modelId = announce(taskId, carol);
        uint256 deadline = block.timestamp + 600;
        vm.roll(block.number + 2);
        vm.warp(deadline);
        refusedDraw(modelId, abi.encodeWithSelector(ITaskMarket.DrawWindowOver.selector, modelId, deadline));
        vm.warp(deadline - 1);
        market.drawPanel(modelId);
    }

    function test_only_an_announced_model_is_drawn() public {
        refusedDraw(1, unknownModel(1));
        uint256 modelId = drawn(taskId);
        refusedDraw(modelId, wrongState(modelId, ITaskMarket.ModelState.Evaluating));
        settle(modelId, votes(9_000, 9_000, 9_000));
        refusedDraw(modelId, wrongState(modelId, ITaskMarket.ModelState.Rewarded));
    }

    function test_a_task_evaluates_one_model_at_a_time() public {
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        mine(2);
        refusedDraw(second, notHead(second, first));
        refused(stranger, abi.encodeCall(market.expireModel, (second)), notHead(second, first));
        market.drawPanel(first);
        refusedDraw(second, notHead(second, first));
        settle(first, votes(9_000, 9_000, 9_000));
        draw(second);
    }

    function test_the_next_is_drawn_with_a_block_after_the_settlement() public {
        uint256 first = announce(taskId, carol);
        uint256 second = announce(taskId, dave);
        draw(first);
        mine(40);
        ITaskMarket.Row[] memory rows = evaluations(first, votes(9_000, 9_000, 9_000));
        uint256 queryId = request(first);
        expect();
        emit ITaskMarket.DrawArmed(second, block.number + 1);
        deliver(queryId, rows);
        uint256 drawBlock = block.number + 1;
        vm.assertEq(market.drawBlock(second), drawBlock);
        refusedDraw(second, blockAhead(second, drawBlock));
        mine(1);
        refusedDraw(second, blockAhead(second, drawBlock));
        mine(1);
        uint256 deadline = block.timestamp - 24 + 600;
        vm.warp(deadline);
        refusedDraw(second, abi.encodeWithSelector(ITaskMarket.DrawWindowOver.selector, second, deadline));
        vm.warp(deadline - 1);
        market.drawPanel(second);
    }

    function test_a_model_that_waited_for_nobody_keeps_its_own_block() public {
        rewarded(taskId, CID);
        mine(10);
        uint256 modelId = announce(taskId, dave);
        vm.assertEq(market.drawBlock(modelId), block.number + 1);
    }

    // ------------------------------------------------------------- re-arming

    function test_a_hash_that_is_out_of_reach_is_replaced() public {
        uint256 modelId = announce(taskId, carol);
        vm.roll(market.drawBlock(modelId) + 257);
        expect();
        emit ITaskMarket.DrawArmed(modelId, block.number + 1);
        market.drawPanel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Announced);
        uint256 drawBlock = block.number + 1;
        vm.assertEq(market.drawBlock(modelId), drawBlock);
        refusedDraw(modelId, blockAhead(modelId, drawBlock));
        vm.roll(drawBlock + 1);
        market.drawPanel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Evaluating);
    }

    function test_a_hash_within_reach_is_not_replaced() public {
        uint256 modelId = announce(taskId, carol);
        vm.roll(market.drawBlock(modelId) + 256);
        market.drawPanel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Evaluating);
    }

    // ------------------------------------------------------- who is eligible

    function test_contributor_and_initiator_do_not_sit() public {
        join(carol, 0);
        join(initiator, 0);
        join(dave, 0);
        uint256 modelId = drawn(wholePool());
        vm.assertEq(market.model(modelId).seats, 6);
        vm.assertTrue(!sits(modelId, carol) && !sits(modelId, initiator) && sits(modelId, dave));
    }

    function test_who_joins_after_the_announcement_does_not_sit() public {
        uint256 modelId = announce(wholePool(), carol);
        join(dave, 0);
        draw(modelId);
        vm.assertEq(market.model(modelId).seats, 5);
        vm.assertTrue(!sits(modelId, dave));
    }

    function test_who_joined_while_a_model_waited_does_not_sit_on_its_panel() public {
        uint256 task = wholePool();
        uint256 first = announce(task, carol);
        uint256 second = announce(task, carol);
        join(dave, 0);
        draw(first);
        expire(first);
        draw(second);
        vm.assertTrue(!sits(second, dave));
    }

    function test_who_left_up_to_the_draw_block_does_not_sit() public {
        uint256 modelId = announce(wholePool(), carol);
        quit(pool[1]);
        mine(1);
        vm.assertEq(block.number, market.drawBlock(modelId));
        quit(pool[2]);
        mine(1);
        quit(pool[3]);
        market.drawPanel(modelId);
        vm.assertEq(market.model(modelId).seats, 3);
        vm.assertTrue(sits(modelId, pool[0]) && sits(modelId, pool[3]) && sits(modelId, pool[4]));
    }

    function test_who_leaves_and_comes_back_before_the_draw_does_not_sit() public {
        uint256 modelId = announce(wholePool(), carol);
        quit(pool[1]);
        join(pool[1], 0);
        draw(modelId);
        vm.assertTrue(!sits(modelId, pool[1]));
        vm.assertEq(market.model(modelId).seats, 4);
    }

    function test_who_comes_back_after_the_draw_block_sits_once() public {
        uint256 modelId = announce(wholePool(), carol);
        mine(2);
        quit(pool[1]);
        join(pool[1], 0);
        market.drawPanel(modelId);
        vm.assertTrue(sits(modelId, pool[1]));
        vm.assertEq(market.model(modelId).seats, 5);
    }

    function test_a_smaller_panel_is_drawn_down_to_the_quorum() public {
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.quorum) = (5, 4);
        uint256 modelId = announce(post(t), carol);
        quit(pool[0]);
        uint256 before = vm.snapshotState();
        draw(modelId);
        vm.assertEq(market.model(modelId).seats, 4);
        vm.revertToState(before);
        quit(pool[1]);
        mine(2);
        refusedDraw(modelId, abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 3, 4));
        assertState(modelId, ITaskMarket.ModelState.Announced);
    }

    function test_an_empty_pool_seats_nobody() public {
        for (uint256 i; i < 5; ++i) {
            quit(pool[i]);
        }
        uint256 modelId = announce(taskId, carol);
        mine(2);
        refusedDraw(modelId, abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 0, 2));
    }

    /// @dev 64 looked-up slots may be of no use: with all 3 seats to give, 67 are looked up.
    function test_a_draw_looks_up_64_slots_more_than_it_has_seats() public {
        openMarket();
        address[] memory crowd = verifiers(200, 0);
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.quorum) = (3, 3);
        uint256 modelId = announce(post(t), carol);
        bytes32 entropy = keccak256("entropy");
        bytes32 seed = keccak256(abi.encode(entropy, modelId));
        uint256[] memory slots = lottery(seed, 200, 68);
        // The only ones who stay are the first two and the last that a draw looks up.
        for (uint256 i; i < 200; ++i) {
            if (i != slots[0] && i != slots[1] && i != slots[66] && i != slots[67]) quit(crowd[i]);
        }
        mine(2);
        vm.setBlockhash(block.number - 1, entropy);
        uint256 before = vm.snapshotState();
        market.drawPanel(modelId);
        vm.assertEq(seated(modelId, 2), crowd[slots[66]]);
        vm.revertToState(before);
        before = vm.snapshotState();
        vm.roll(block.number - 1);
        quit(crowd[slots[66]]);
        vm.roll(block.number + 1);
        refusedDraw(modelId, abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 2, 3));
    }

    /// @dev The tickets of a Fisher–Yates shuffle written out in full.
    function lottery(bytes32 seed, uint256 size, uint256 draws) private pure returns (uint256[] memory slots) {
        uint256[] memory tickets = new uint256[](size);
        for (uint256 i; i < size; ++i) {
            tickets[i] = i;
        }
        slots = new uint256[](draws);
        for (uint256 i; i < draws; ++i) {
            uint256 remaining = size - i;
            uint256 place = uint256(keccak256(abi.encode(seed, remaining))) % remaining;
            slots[i] = tickets[place];
            tickets[place] = tickets[remaining - 1];
        }
    }

    // ------------------------------------------------------------------- gas

    function gasOfDraw(uint256 poolSize, uint16 seats) private returns (uint256 spent) {
        openMarket();
        verifiers(poolSize, 0);
        ITaskMarket.Terms memory t = terms();
        (t.panelSize, t.quorum) = (seats, 1);
        uint256 modelId = announce(post(t), carol);
        mine(2);
        vm.cool(address(market));
        spent = gasleft();
        market.drawPanel(modelId);
        spent -= gasleft();
    }

    function test_a_draw_from_1000_costs_what_one_from_40_does() public {
        for (uint16 seats = 3; seats < 28; seats += 12) {
            uint256 few = gasOfDraw(40, seats);
            uint256 many = gasOfDraw(1_000, seats);
            vm.assertLt(many * 100, few * 105);
            vm.assertLt(few * 100, many * 105);
            vm.assertLt(many, 131_000 + 25_000 * uint256(seats));
        }
    }

    // -------------------------------------------------------------- the base

    function baseAfter(bytes32 digest, bytes memory cid) private pure returns (bytes32) {
        return keccak256(abi.encode(digest, keccak256(cid)));
    }

    function assertBase(uint256 modelId, uint256 count, bytes32 digest) private view {
        vm.assertEq(market.model(modelId).baseCount, count);
        vm.assertEq(market.model(modelId).baseDigest, digest);
    }

    /// @dev Rewarded, rejected, void after its draw, void before it, and one more.
    function mixed(uint256 task) private returns (uint256[5] memory models) {
        models[0] = rewarded(task, "one");
        models[1] = rejected(task, "two");
        models[2] = announce(task, carol, "three");
        draw(models[2]);
        expire(models[2]);
        models[3] = announce(task, carol, "four");
        vm.warp(block.timestamp + 600);
        expire(models[3]);
        models[4] = announce(task, carol, "five");
        draw(models[4]);
    }

    function test_the_base_is_all_that_are_not_void() public {
        uint256[5] memory models = mixed(taskId);
        assertBase(models[0], 0, 0);
        bytes32 one = baseAfter(0, "one");
        assertBase(models[1], 1, one);
        bytes32 two = baseAfter(one, "two");
        assertBase(models[2], 2, two);
        assertBase(models[3], 2, two);
        assertBase(models[4], 2, two);
    }

    function test_the_base_is_only_the_rewarded_where_the_task_says_so() public {
        ITaskMarket.Terms memory t = terms();
        t.base = ITaskMarket.Base.Accepted;
        uint256[5] memory models = mixed(post(t));
        bytes32 one = baseAfter(0, "one");
        assertBase(models[0], 0, 0);
        for (uint256 i = 1; i < 5; ++i) {
            assertBase(models[i], 1, one);
        }
    }

    function test_models_that_stand_alone_have_no_base() public {
        ITaskMarket.Terms memory t = terms();
        t.fitness = ITaskMarket.FitnessKind.Standalone;
        uint256[5] memory models = mixed(post(t));
        for (uint256 i; i < 5; ++i) {
            assertBase(models[i], 0, 0);
        }
    }

    function test_the_base_is_told_with_the_panel() public {
        rewarded(taskId, "one");
        uint256 modelId = announce(taskId, dave, "two");
        mine(2);
        uint256 before = vm.snapshotState();
        market.drawPanel(modelId);
        address[] memory panel = panelOf(modelId);
        ITaskMarket.Deadlines memory ends = market.deadlines(modelId);
        vm.revertToState(before);
        expect();
        emit ITaskMarket.PanelDrawn(modelId, taskId, panel, 1, baseAfter(0, "one"), ends, 0);
        market.drawPanel(modelId);
    }

    /// @dev Two tasks at once: what one of them settles is no base of the other.
    function test_each_task_has_a_base_of_its_own() public {
        rewarded(taskId, "one");
        uint256 other = drawn(post(terms()));
        assertBase(other, 0, 0);
    }
}

/// @title Draws that lock a bond for each seat
contract BondedDrawsTest is MarketFixture {
    function setUp() public {
        openMarket();
    }

    function everybody() private view returns (ITaskMarket.Terms memory t) {
        t = bondedTerms();
        (t.panelSize, t.quorum) = (10, 1);
    }

    function assertLocked(uint256 slot, uint256 locked) private view {
        vm.assertEq(market.poolSlot(slot).locked, locked);
    }

    function test_only_who_can_stand_for_a_bond_sits() public {
        verifiers(1, BOND - 1);
        address[] memory able = verifiers(1, BOND);
        verifiers(1, 0);
        uint256 modelId = announce(post(everybody()), carol);
        mine(2);
        ITaskMarket.Deadlines memory ends =
            ITaskMarket.Deadlines(block.timestamp, block.timestamp + 300, block.timestamp + 400, block.timestamp + 600);
        expect();
        emit ITaskMarket.PanelDrawn(modelId, 1, able, 0, 0, ends, BOND);
        market.drawPanel(modelId);
        assertLocked(0, 0);
        assertLocked(1, BOND);
        assertLocked(2, 0);
        vm.assertEq(market.poolSlot(1).stake, BOND);
    }

    function test_one_stake_stands_for_several_models() public {
        verifiers(1, 2 * BOND);
        verifiers(1, 3 * BOND - 1);
        ITaskMarket.Terms memory t = everybody();
        uint256[3] memory models = [announce(post(t), carol), announce(post(t), carol), announce(post(t), carol)];
        mine(2);
        market.drawPanel(models[0]);
        market.drawPanel(models[1]);
        vm.assertEq(market.model(models[1]).seats, 2);
        assertLocked(0, 2 * BOND);
        assertLocked(1, 2 * BOND);
        refused(
            stranger,
            abi.encodeCall(market.drawPanel, (models[2])),
            abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 0, 1)
        );
        assertLocked(1, 2 * BOND);
    }

    function test_a_refused_draw_locks_nothing() public {
        verifiers(2, BOND);
        ITaskMarket.Terms memory t = bondedTerms();
        t.quorum = 3;
        uint256 modelId = announce(post(t), carol);
        mine(2);
        refused(
            stranger,
            abi.encodeCall(market.drawPanel, (modelId)),
            abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 2, 3)
        );
        assertLocked(0, 0);
        assertLocked(1, 0);
    }

    function test_contributor_and_initiator_lock_nothing() public {
        join(carol, BOND);
        join(initiator, BOND);
        verifiers(1, BOND);
        drawn(post(everybody()));
        assertLocked(0, 0);
        assertLocked(1, 0);
        assertLocked(2, BOND);
    }

    function test_who_left_after_the_draw_block_is_locked_nevertheless() public {
        address[] memory pool = verifiers(2, BOND);
        uint256 modelId = announce(post(everybody()), carol);
        mine(1);
        quit(pool[0]);
        mine(1);
        quit(pool[1]);
        market.drawPanel(modelId);
        assertLocked(0, 0);
        assertLocked(1, BOND);
    }

    function test_a_task_without_bond_locks_nothing() public {
        verifiers(3, BOND);
        uint256 modelId = drawn(post(committedTerms()));
        vm.assertEq(market.model(modelId).seats, 3);
        assertLocked(0, 0);
    }

    function testFuzz_a_seat_locks_exactly_its_bond(uint88 stake, uint88 bond) public {
        bond = uint88(bound(bond, 1, type(uint88).max));
        vm.deal(stranger, stake);
        join(stranger, stake);
        ITaskMarket.Terms memory t = everybody();
        t.bond = bond;
        uint256 modelId = announce(post(t), carol);
        mine(2);
        if (stake < bond) {
            refused(
                dave,
                abi.encodeCall(market.drawPanel, (modelId)),
                abi.encodeWithSelector(ITaskMarket.PoolTooSmall.selector, 0, 1)
            );
        } else {
            market.drawPanel(modelId);
        }
        assertLocked(0, stake < bond ? 0 : bond);
    }
}
