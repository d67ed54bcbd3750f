// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {HostileRule} from "./fixtures/HostileRule.sol";
import {MarketFixture} from "./MarketFixture.sol";
import {OracleDouble} from "./fixtures/OracleDouble.sol";

/// @title Rules that misbehave: what they can do to their own task, and to no other
contract RulesTest is MarketFixture {
    OracleDouble private double;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        double = new OracleDouble(market);
    }

    function under(HostileRule.Mood mood) private returns (uint256 modelId) {
        return under(mood, "");
    }

    /// @dev Carol's model with a panel, in a task with that rule.
    function under(HostileRule.Mood mood, bytes memory entry) private returns (uint256 modelId) {
        ITaskMarket.Terms memory t = terms();
        t.rule = address(new HostileRule(mood, entry));
        return drawn(post(t));
    }

    /// @dev Void: verifiers and oracle are paid, the contributor is not, and the rest comes back.
    function assertFails(uint256 modelId, address rule_) private {
        uint256 taskId = market.model(modelId).taskId;
        uint256 paid = market.credit(oracle);
        uint256 queryId = request(modelId);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 9_000, 9_000));
        uint256 before = market.credit(rows[0].verifier);
        expect();
        emit ITaskMarket.RuleFailed(modelId, rule_);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Void, 3, 3);
        deliver(queryId, rows);
        assertState(modelId, ITaskMarket.ModelState.Void);
        vm.assertEq(market.credit(carol), 0);
        vm.assertEq(market.credit(oracle) - paid, ORACLE_FEE);
        vm.assertEq(market.credit(rows[0].verifier) - before, FEE);
        assertEscrow(taskId, 10 * BUDGET - 3 * FEE - ORACLE_FEE, 0);
        vm.assertEq(market.task(taskId).head, 0);
    }

    function assertMoodFails(HostileRule.Mood mood) private {
        HostileRule hostile = new HostileRule(mood, abi.encodeCall(market.withdrawFor, (initiator)));
        ITaskMarket.Terms memory t = terms();
        t.rule = address(hostile);
        assertFails(drawn(post(t)), address(hostile));
        vm.assertEq(hostile.written(), 0);
    }

    function test_a_rule_that_reverts_makes_its_model_void() public {
        assertMoodFails(HostileRule.Mood.Reverting);
    }

    function test_a_rule_that_burns_its_gas_makes_its_model_void() public {
        assertMoodFails(HostileRule.Mood.Burning);
    }

    function test_a_rule_without_an_answer_makes_its_model_void() public {
        assertMoodFails(HostileRule.Mood.Silent);
    }

    function test_half_an_answer_is_none() public {
        assertMoodFails(HostileRule.Mood.Short);
    }

    function test_more_than_an_answer_is_none() public {
        assertMoodFails(HostileRule.Mood.Long);
    }

    function test_an_answer_of_256_kib_is_none() public {
        assertMoodFails(HostileRule.Mood.Bombing);
    }

    function test_an_answer_of_1_mib_is_none() public {
        assertMoodFails(HostileRule.Mood.Flooding);
    }

    function test_an_unclear_answer_is_none() public {
        assertMoodFails(HostileRule.Mood.Unclear);
    }

    function test_a_rule_cannot_write() public {
        assertMoodFails(HostileRule.Mood.Writing);
    }

    function test_a_rule_cannot_re_enter() public {
        uint256 task = post(terms(), 5);
        vm.prank(initiator);
        market.closeTask(task);
        uint256 credit = market.credit(initiator);
        assertMoodFails(HostileRule.Mood.Reentering);
        vm.assertEq(market.credit(initiator), credit);
    }

    /// @dev It knocks, is kept out, and answers like an honest rule; nothing else happened.
    function test_a_rule_that_was_kept_out_may_still_answer() public {
        uint256 task = post(terms(), 5);
        vm.prank(initiator);
        market.closeTask(task);
        uint256 modelId = under(HostileRule.Mood.Probing, abi.encodeCall(market.withdrawFor, (initiator)));
        settle(modelId, votes(0, 0, 0));
        assertState(modelId, ITaskMarket.ModelState.Rewarded);
        vm.assertEq(market.credit(carol), REWARD);
        vm.assertEq(market.credit(initiator), 5);
    }

    function test_a_greedy_rule_gets_no_more_than_the_reward() public {
        uint256 modelId = under(HostileRule.Mood.Greedy);
        uint256 queryId = request(modelId);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(0, 0));
        expect();
        emit ITaskMarket.Credited(carol, 1, modelId, REWARD, ITaskMarket.CreditReason.ModelReward);
        deliver(queryId, rows);
        assertState(modelId, ITaskMarket.ModelState.Rewarded);
        assertEscrow(1, 10 * BUDGET - REWARD - 2 * FEE - ORACLE_FEE, 0);
    }

    function test_a_rule_that_fails_harms_no_other_task() public {
        uint256 healthy = drawn(post(terms()));
        uint256 failing = under(HostileRule.Mood.Burning);
        settle(failing, votes(9_000, 9_000, 9_000));
        settle(healthy, votes(9_000, 9_000, 9_000));
        assertState(failing, ITaskMarket.ModelState.Void);
        assertState(healthy, ITaskMarket.ModelState.Rewarded);
        vm.assertEq(market.credit(carol), REWARD);
    }

    function test_the_next_model_has_its_turn_after_a_failing_rule() public {
        uint256 first = under(HostileRule.Mood.Reverting);
        uint256 second = announce(1, dave);
        settle(first, votes(9_000, 9_000));
        draw(second);
        assertState(second, ITaskMarket.ModelState.Evaluating);
        vm.assertEq(market.model(second).baseCount, 0);
    }

    function test_a_rule_that_fails_at_the_end_makes_its_model_void() public {
        ITaskMarket.Terms memory t = committedTerms();
        t.rule = address(new HostileRule(HostileRule.Mood.Reverting, ""));
        uint256 modelId = drawn(post(t));
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 9_000));
        commitAll(rows);
        toReveal(modelId);
        market.revealEvaluation(rows[0]);
        market.revealEvaluation(rows[1]);
        vm.warp(market.deadlines(modelId).tally);
        expect();
        emit ITaskMarket.RuleFailed(modelId, t.rule);
        market.expireModel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Void);
        assertEscrow(1, 10 * BUDGET - 2 * FEE, 0);
    }

    function test_the_seats_of_a_bonded_task_are_paid_after_a_failing_rule() public {
        openMarket();
        verifiers(3, BOND);
        ITaskMarket.Terms memory t = bondedTerms();
        t.rule = address(new HostileRule(HostileRule.Mood.Reverting, ""));
        uint256 modelId = drawn(post(t));
        commit(evaluation(modelId, 2, 9_000));
        settle(modelId, votes(9_000, 9_000));
        for (uint256 seat; seat < 3; ++seat) {
            market.settleSeat(modelId, seat);
        }
        vm.assertEq(market.credit(seated(modelId, 0)), FEE);
        vm.assertEq(market.credit(seated(modelId, 1)), FEE);
        vm.assertEq(market.credit(seated(modelId, 2)), 0);
        vm.assertEq(market.burnt(), 0);
        assertEscrow(1, 10 * BUDGET - 2 * FEE - ORACLE_FEE, 0);
    }

    // ------------------------------------------------------------------- gas

    function doubled(address rule_) private returns (uint256 modelId) {
        ITaskMarket.Terms memory t = terms();
        (t.oracle, t.rule) = (address(double), rule_);
        modelId = drawn(post(t));
        request(modelId);
    }

    /// @dev 200,000 + 10,000 for each of three margins, a 63rd of it, and 150,000 to settle.
    uint256 private constant NEEDED = 230_000 + uint256(230_000) / 63 + 150_000;

    /// @dev Whatever gas it comes with, an answer is refused whole or settles by the rule: stinginess makes no honest
    ///      rule fail.
    function test_no_amount_of_gas_makes_an_honest_rule_fail() public {
        uint256 modelId = doubled(rule);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 9_000, 9_000));
        bool refusedOnce;
        bool settledOnce;
        for (uint256 gas_ = 100_000; gas_ < 800_000; gas_ += 4_999) {
            uint256 before = vm.snapshotState();
            try double.answerWith(gas_, modelId, rows) {
                settledOnce = true;
                assertState(modelId, ITaskMarket.ModelState.Rewarded);
                vm.assertEq(market.credit(carol), REWARD);
            } catch (bytes memory reason) {
                vm.assertTrue(!settledOnce, "more gas was not enough");
                if (reason.length != 0) {
                    vm.assertEq(bytes32(bytes4(reason)), bytes32(ITaskMarket.GasTooLow.selector));
                    (uint256 available, uint256 needed) = _words(reason);
                    vm.assertLt(available, needed);
                    vm.assertEq(needed, NEEDED);
                    refusedOnce = true;
                }
                assertState(modelId, ITaskMarket.ModelState.Evaluating);
            }
            vm.revertToState(before);
        }
        vm.assertTrue(refusedOnce && settledOnce);
    }

    /// @dev The same with a rule that uses up all it gets: what is left is enough to settle, with a queue behind.
    function test_what_a_burning_rule_leaves_is_enough_to_settle() public {
        uint256 modelId = doubled(address(new HostileRule(HostileRule.Mood.Burning, "")));
        vm.prank(initiator);
        market.closeTask(1);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 9_000, 9_000));
        bool settledOnce;
        for (uint256 gas_ = 400_000; gas_ < 800_000; gas_ += 1_999) {
            uint256 before = vm.snapshotState();
            vm.cool(address(market));
            try double.answerWith(gas_, modelId, rows) {
                settledOnce = true;
                assertState(modelId, ITaskMarket.ModelState.Void);
            } catch (bytes memory reason) {
                vm.assertTrue(!settledOnce);
                if (reason.length != 0) {
                    vm.assertEq(bytes32(bytes4(reason)), bytes32(ITaskMarket.GasTooLow.selector));
                }
            }
            vm.revertToState(before);
        }
        vm.assertTrue(settledOnce);
    }

    /// @dev A rule gets its whole allowance, and no more of the caller's gas than that.
    function test_a_rule_gets_200000_gas_and_10000_for_each_margin() public {
        GasMeter meter = new GasMeter();
        uint256 modelId = doubled(address(meter));
        double.answer(modelId, evaluations(modelId, votes(0, 0, 0)));
        uint256 seen = market.credit(carol);
        vm.assertLe(seen, 230_000);
        vm.assertGt(seen, 229_000);
        modelId = doubled(address(meter));
        double.answer(modelId, evaluations(modelId, votes(0, 0)));
        uint256 less = market.credit(carol) - seen;
        vm.assertLe(less, 220_000);
        vm.assertGt(less, 219_000);
    }

    function _words(bytes memory reason) private pure returns (uint256 first, uint256 second) {
        assembly ("memory-safe") {
            first := mload(add(reason, 36))
            second := mload(add(reason, 68))
        }
    }

    // --------------------------------------------------------- shipped rules

    function paidBy(string memory artifact, bytes memory arguments, int32[] memory fitnesses)
        private
        returns (uint256 paid)
    {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        address shipped;
        assembly ("memory-safe") {
            shipped := create(0, add(code, 32), mload(code))
        }
        ITaskMarket.Terms memory t = terms();
        (t.rule, t.mafrBps) = (shipped, 0);
        uint256 modelId = drawn(post(t));
        uint256 before = market.credit(carol);
        settle(modelId, fitnesses);
        return market.credit(carol) - before;
    }

    function test_the_proportional_rule_pays_for_the_mean() public {
        string memory artifact = "artifacts/ProportionalReward.json";
        bytes memory full = abi.encode(10_000);
        vm.assertEq(paidBy(artifact, full, votes(3_000, 5_000, 7_000)), REWARD / 2);
        vm.assertEq(paidBy(artifact, full, votes(UNREADABLE, 5_000, 7_000)), REWARD * 6 / 10);
        vm.assertEq(paidBy(artifact, full, votes(0, 5_000)), 0);
        vm.assertEq(paidBy(artifact, abi.encode(2_000), votes(3_000, 5_000)), REWARD);
    }

    function test_the_median_rule_pays_for_the_median() public {
        string memory artifact = "artifacts/MedianReward.json";
        bytes memory full = abi.encode(10_000);
        vm.assertEq(paidBy(artifact, full, votes(10_000, 4_000, 1)), REWARD * 4 / 10);
        vm.assertEq(paidBy(artifact, full, votes(9_000, 2_000)), REWARD * 2 / 10);
        vm.assertEq(paidBy(artifact, full, votes(UNREADABLE, 3_000, 7_000)), REWARD * 3 / 10);
        vm.assertEq(paidBy(artifact, abi.encode(2_000), votes(3_000, 3_000)), REWARD);
    }
}

/// @title A rule whose reward is the gas it was given
contract GasMeter {
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(true, gasleft());
    }
}
