// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";
import {OracleDouble} from "./fixtures/OracleDouble.sol";

/// @title Asking the oracle, and what its answer decides
contract CallbacksTest is MarketFixture {
    uint256 private taskId;
    uint256 private modelId;
    uint256 private drawnAt;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        taskId = post(terms());
        modelId = drawn(taskId);
        drawnAt = block.timestamp;
    }

    function none() private pure returns (ITaskMarket.Row[] memory) {
        return new ITaskMarket.Row[](0);
    }

    function refusedRequest(uint256 model, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.requestEvaluations, (model)), reason);
    }

    function refusedAnswer(address by_, uint256 queryId, bytes memory reason) private {
        refused(by_, abi.encodeCall(market.__callback, (queryId, none())), reason);
    }

    // --------------------------------------------------------------- queries

    function test_anyone_asks_when_the_windows_are_over() public {
        uint256 opens = drawnAt + 300;
        vm.warp(opens - 1);
        refusedRequest(modelId, abi.encodeWithSelector(ITaskMarket.EvaluationWindowOpen.selector, modelId, opens));
        vm.warp(opens);
        expect();
        emit ITaskMarket.EvaluationsRequested(modelId, taskId, modelId, oracle);
        vm.prank(stranger);
        vm.assertEq(market.requestEvaluations(modelId), modelId);
        vm.assertEq(market.model(modelId).queries, 1);
        vm.assertEq(market.model(modelId).answers, 0);
    }

    function test_nobody_asks_after_the_tally_window() public {
        uint256 closes = drawnAt + 500;
        vm.warp(closes);
        refusedRequest(modelId, abi.encodeWithSelector(ITaskMarket.TallyWindowOver.selector, modelId, closes));
        vm.warp(closes - 1);
        market.requestEvaluations(modelId);
    }

    function test_commit_and_reveal_come_first() public {
        uint256 model = drawn(post(committedTerms()));
        uint256 opens = block.timestamp + 400;
        vm.warp(opens - 1);
        refusedRequest(model, abi.encodeWithSelector(ITaskMarket.EvaluationWindowOpen.selector, model, opens));
        vm.warp(opens);
        market.requestEvaluations(model);
    }

    function test_only_a_model_under_evaluation_is_asked_for() public {
        refusedRequest(9, unknownModel(9));
        uint256 waiting = announce(taskId, dave);
        refusedRequest(waiting, wrongState(waiting, ITaskMarket.ModelState.Announced));
        settle(modelId, votes(9_000, 9_000));
        refusedRequest(modelId, wrongState(modelId, ITaskMarket.ModelState.Rewarded));
    }

    function test_a_second_query_follows_an_answer_without_quorum() public {
        uint256 first = request(modelId);
        refusedRequest(modelId, abi.encodeWithSelector(ITaskMarket.QueryOpen.selector, modelId, first));
        expect();
        emit ITaskMarket.QuorumMissed(first, modelId, 1, 2);
        deliver(first, evaluations(modelId, votes(9_000)));
        vm.assertEq(market.model(modelId).answers, 1);
        vm.assertEq(market.credit(oracle), 0);
        assertState(modelId, ITaskMarket.ModelState.Evaluating);

        uint256 second = modelId + (1 << 40);
        expect();
        emit ITaskMarket.EvaluationsRequested(second, taskId, modelId, oracle);
        vm.assertEq(request(modelId), second);
        refusedRequest(modelId, abi.encodeWithSelector(ITaskMarket.QueryOpen.selector, modelId, second));
        refusedAnswer(oracle, first, abi.encodeWithSelector(ITaskMarket.QueryAnswered.selector, first));
        expect();
        emit ITaskMarket.QuorumMissed(second, modelId, 1, 2);
        deliver(second, none());

        uint256 third = modelId + (2 << 40);
        vm.assertEq(request(modelId), third);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Rewarded, 2, 2);
        deliver(third, list(evaluation(modelId, 2, 9_000)));
        vm.assertEq(market.credit(oracle), ORACLE_FEE);
        vm.assertEq(market.credit(seated(modelId, 0)), FEE);
        vm.assertEq(market.credit(seated(modelId, 2)), FEE);
        assertEscrow(taskId, 10 * BUDGET - REWARD - 2 * FEE - ORACLE_FEE, 0);
        vm.assertEq(market.model(modelId).queries, 3);
        vm.assertEq(market.model(modelId).answers, 3);
    }

    function test_a_query_that_nobody_made_is_unknown() public {
        uint256[5] memory unknown = [uint256(0), modelId, 9, 1 << 40, modelId + (1 << 40)];
        for (uint256 i; i < 5; ++i) {
            refusedAnswer(oracle, unknown[i], abi.encodeWithSelector(ITaskMarket.UnknownQuery.selector, unknown[i]));
        }
        request(modelId);
        for (uint256 i = 2; i < 5; ++i) {
            refusedAnswer(oracle, unknown[i], abi.encodeWithSelector(ITaskMarket.UnknownQuery.selector, unknown[i]));
        }
        refusedAnswer(
            oracle, modelId + (1 << 80), abi.encodeWithSelector(ITaskMarket.UnknownQuery.selector, modelId + (1 << 80))
        );
    }

    function test_only_the_oracle_answers() public {
        uint256 queryId = request(modelId);
        refusedAnswer(stranger, queryId, abi.encodeWithSelector(ITaskMarket.NotOracle.selector, stranger, oracle));
        ITaskMarket.Terms memory t = terms();
        t.oracle = dave;
        uint256 other = drawn(post(t));
        queryId = request(other);
        refusedAnswer(oracle, queryId, abi.encodeWithSelector(ITaskMarket.NotOracle.selector, oracle, dave));
    }

    function test_an_answer_comes_in_time() public {
        uint256 queryId = request(modelId);
        uint256 closes = drawnAt + 500;
        vm.warp(closes);
        refusedAnswer(oracle, queryId, abi.encodeWithSelector(ITaskMarket.TallyWindowOver.selector, modelId, closes));
        vm.warp(closes - 1);
        deliver(queryId, none());
    }

    function test_a_settled_model_is_not_settled_again() public {
        uint256 queryId = request(modelId);
        deliver(queryId, evaluations(modelId, votes(9_000, 9_000)));
        refusedAnswer(oracle, queryId, abi.encodeWithSelector(ITaskMarket.QueryAnswered.selector, queryId));
        refused(
            stranger,
            abi.encodeCall(market.expireModel, (modelId)),
            wrongState(modelId, ITaskMarket.ModelState.Rewarded)
        );
    }

    function test_an_oracle_may_be_a_contract() public {
        OracleDouble double = new OracleDouble(market);
        ITaskMarket.Terms memory t = terms();
        t.oracle = address(double);
        uint256 model = drawn(post(t));
        uint256 queryId = request(model);
        bytes memory refusal = double.answerTwice(queryId, evaluations(model, votes(9_000, 9_000)));
        vm.assertEq(refusal, abi.encodeWithSelector(ITaskMarket.QueryAnswered.selector, queryId));
        vm.assertEq(market.credit(address(double)), ORACLE_FEE);
        refused(
            stranger,
            abi.encodeCall(market.withdrawFor, (address(double))),
            abi.encodeWithSelector(ITaskMarket.WithdrawFailed.selector, double, ORACLE_FEE)
        );
    }

    // -------------------------------------------------------------- decision

    function assertDecided(int32[] memory fitnesses, ITaskMarket.ModelState outcome, uint256 passes) private {
        uint256 before = vm.snapshotState();
        uint256 queryId = request(modelId);
        ITaskMarket.Row[] memory rows = evaluations(modelId, fitnesses);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, outcome, fitnesses.length, passes);
        deliver(queryId, rows);
        assertState(modelId, outcome);
        vm.assertEq(market.model(modelId).passes, passes);
        uint256 reward = outcome == ITaskMarket.ModelState.Rewarded ? REWARD : 0;
        vm.assertEq(market.credit(carol), reward);
        vm.assertEq(market.credit(oracle), ORACLE_FEE);
        assertEscrow(taskId, 10 * BUDGET - reward - fitnesses.length * FEE - ORACLE_FEE, 0);
        vm.revertToState(before);
    }

    function test_a_strict_majority_strictly_above_mafr_is_rewarded() public {
        assertDecided(votes(7_501, 0, 7_501), ITaskMarket.ModelState.Rewarded, 2);
        assertDecided(votes(10_000, 10_000, 10_000), ITaskMarket.ModelState.Rewarded, 3);
        assertDecided(votes(7_501, 7_501), ITaskMarket.ModelState.Rewarded, 2);
        assertDecided(votes(7_501, 7_500, 7_500), ITaskMarket.ModelState.Rejected, 1);
        assertDecided(votes(7_500, 7_500, 7_501), ITaskMarket.ModelState.Rejected, 1);
        assertDecided(votes(7_501, 7_500), ITaskMarket.ModelState.Rejected, 1);
        assertDecided(votes(0, 0, 0), ITaskMarket.ModelState.Rejected, 0);
        assertDecided(votes(UNREADABLE, 7_501), ITaskMarket.ModelState.Rejected, 1);
        assertDecided(votes(UNREADABLE, 7_501, 7_501), ITaskMarket.ModelState.Rewarded, 2);
    }

    function test_a_settlement_is_told_in_order() public {
        uint256 queryId = request(modelId);
        ITaskMarket.Row[] memory rows = evaluations(modelId, votes(9_000, 0));
        rows[0] = evaluation(modelId, 2, 9_000);
        vm.roll(block.number + 9);
        for (uint256 i; i < 2; ++i) {
            expect();
            emit ITaskMarket.EvaluationCounted(modelId, rows[i].verifier, rows[i].fitnessBps, 0, i == 0);
            expect();
            emit ITaskMarket.Credited(rows[i].verifier, taskId, modelId, FEE, ITaskMarket.CreditReason.VerifierFee);
        }
        expect();
        emit ITaskMarket.Credited(oracle, taskId, modelId, ORACLE_FEE, ITaskMarket.CreditReason.OracleFee);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Rejected, 2, 1);
        deliver(queryId, rows);
        ITaskMarket.Model memory m = market.model(modelId);
        vm.assertEq(m.since, block.timestamp);
        vm.assertEq(m.turnBlock, block.number);
        vm.assertEq(m.reports, 2);
        vm.assertEq(market.task(taskId).lastSettled, modelId);
        vm.assertEq(market.task(taskId).head, 0);
        ITaskMarket.Seat[] memory seats = market.panel(modelId);
        vm.assertTrue(!seats[0].counted && seats[1].counted && seats[2].counted);
    }

    function test_a_negative_mafr_forgives_a_loss() public {
        ITaskMarket.Terms memory t = terms();
        (t.mafrBps, t.fitness, t.panelSize, t.quorum) = (-100, ITaskMarket.FitnessKind.Gain, 1, 1);
        int32[2] memory fitnesses = [int32(7_901), 7_900];
        for (uint256 i; i < 2; ++i) {
            uint256 model = drawn(post(t));
            uint256 queryId = request(model);
            ITaskMarket.Row memory row = evaluation(model, 0, fitnesses[i], 8_000);
            expect();
            emit ITaskMarket.EvaluationCounted(model, row.verifier, fitnesses[i], 8_000, i == 0);
            deliver(queryId, list(row));
            assertState(model, i == 0 ? ITaskMarket.ModelState.Rewarded : ITaskMarket.ModelState.Rejected);
        }
    }

    /// @dev Even the lowest MAFR does not make a vote for it of what measured nothing.
    function test_an_unreadable_model_never_passes() public {
        ITaskMarket.Terms memory t = terms();
        (t.mafrBps, t.fitness, t.panelSize, t.quorum) = (-10_000, ITaskMarket.FitnessKind.Gain, 1, 1);
        uint256 model = drawn(post(t));
        deliver(request(model), list(evaluation(model, 0, UNREADABLE)));
        assertState(model, ITaskMarket.ModelState.Rejected);
        vm.assertEq(market.credit(seated(model, 0)), FEE);
    }

    function testFuzz_the_majority_decides(uint256 seed) public {
        ITaskMarket.Terms memory t = terms();
        (t.fitness, t.mafrBps) = (ITaskMarket.FitnessKind.Gain, int16(bound(int256(seed), -300, 300)));
        uint256 task = post(t);
        uint256 model = drawn(task);
        uint256 queryId = request(model);
        uint256 count = 2 + seed % 2;
        ITaskMarket.Row[] memory rows = new ITaskMarket.Row[](count);
        uint256 passes;
        for (uint256 i; i < count; ++i) {
            uint256 draws = uint256(keccak256(abi.encode(seed, i)));
            (int32 fitness, int32 control) = (int32(int256(draws % 300)), int32(int256((draws >> 128) % 300)));
            rows[i] = evaluation(model, i, fitness, control);
            if (fitness - control > t.mafrBps) ++passes;
        }
        deliver(queryId, rows);
        bool won = 2 * passes > count;
        assertState(model, won ? ITaskMarket.ModelState.Rewarded : ITaskMarket.ModelState.Rejected);
        vm.assertEq(market.model(model).passes, passes);
        assertEscrow(task, 10 * BUDGET - (won ? REWARD : 0) - count * FEE - ORACLE_FEE, 0);
    }

    // ----------------------------------------------------------- many at once

    /// @dev Carol initiates here, verifies there and computes in a third.
    function test_one_account_plays_three_roles() public {
        openMarket();
        join(carol, 0);
        verifiers(2, 0);
        ITaskMarket.Terms memory t = terms();
        uint256 there = drawnBy(dave, post(t));
        uint256 third = drawn(post(terms()));
        vm.prank(carol);
        uint256 here = market.postTask{value: BUDGET}(t);
        uint256 own = drawnBy(dave, here);
        vm.assertEq(market.model(there).seats, 3);
        vm.assertEq(market.model(third).seats, 2);
        vm.assertEq(market.model(own).seats, 2);
        settle(there, votes(9_000, 9_000, 9_000));
        settle(third, votes(9_000, 9_000));
        settle(own, votes(0, 0));
        vm.prank(carol);
        market.closeTask(here);
        vm.assertEq(market.credit(carol), FEE + REWARD + BUDGET - 2 * FEE - ORACLE_FEE);
        vm.assertEq(market.credit(dave), REWARD);
        vm.assertEq(market.credit(oracle), 3 * ORACLE_FEE);
    }

    function drawnBy(address contributor, uint256 task) private returns (uint256 model) {
        model = announce(task, contributor);
        draw(model);
    }
}

/// @title Rows that do not count, each with its reason
contract SkippedRowsTest is MarketFixture {
    uint256 private taskId;
    uint256 private modelId;
    uint256 private queryId;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        under(ITaskMarket.FitnessKind.Accuracy);
    }

    /// @dev The third model of a task with a base of two.
    function under(ITaskMarket.FitnessKind fitness) private {
        ITaskMarket.Terms memory t = terms();
        t.fitness = fitness;
        t.quorum = 3;
        taskId = post(t);
        rewarded(taskId, "one");
        rejected(taskId, "two");
        modelId = drawn(taskId);
        queryId = request(modelId);
    }

    function assertSkipped(ITaskMarket.Row memory row, ITaskMarket.SkipReason reason) private {
        uint256 before = vm.snapshotState();
        expect();
        emit ITaskMarket.RowSkipped(queryId, modelId, row.verifier, reason);
        expect();
        emit ITaskMarket.QuorumMissed(queryId, modelId, 0, 3);
        deliver(queryId, list(row));
        vm.assertEq(market.model(modelId).reports, 0);
        assertEscrow(taskId, market.task(taskId).unreserved, BUDGET);
        vm.revertToState(before);
    }

    function assertCounted(ITaskMarket.Row memory row) private {
        uint256 before = vm.snapshotState();
        int256 margin = int256(row.fitnessBps) - row.referenceBps;
        bool passed = row.fitnessBps >= 0 && margin > 7_500;
        expect();
        emit ITaskMarket.EvaluationCounted(modelId, row.verifier, row.fitnessBps, row.referenceBps, passed);
        deliver(queryId, list(row));
        vm.assertEq(market.model(modelId).reports, 1);
        assertEscrow(taskId, market.task(taskId).unreserved, BUDGET - FEE);
        vm.revertToState(before);
    }

    function test_rows_about_another_model_are_skipped() public {
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        row.modelId = modelId - 1;
        assertSkipped(signed(row), ITaskMarket.SkipReason.WrongModel);
        row.modelId = modelId;
        assertCounted(signed(row));
    }

    function test_strangers_rows_are_skipped() public {
        assertSkipped(signed(rowOf(modelId, stranger, 9_000, 0)), ITaskMarket.SkipReason.NoSeat);
        assertSkipped(rowOf(modelId, address(0), 9_000, 0), ITaskMarket.SkipReason.NoSeat);
        for (uint256 slot; slot < 5; ++slot) {
            address account = market.poolSlot(slot).account;
            ITaskMarket.Row memory row = signed(rowOf(modelId, account, 9_000, 0));
            address[] memory panel = panelOf(modelId);
            bool sits = account == panel[0] || account == panel[1] || account == panel[2];
            if (sits) assertCounted(row);
            else assertSkipped(row, ITaskMarket.SkipReason.NoSeat);
        }
    }

    function test_a_row_counts_once_in_an_answer() public {
        ITaskMarket.Row memory row = evaluation(modelId, 1, 9_000);
        ITaskMarket.Row memory other = evaluation(modelId, 1, 8_000);
        expect();
        emit ITaskMarket.RowSkipped(queryId, modelId, row.verifier, ITaskMarket.SkipReason.AlreadyCounted);
        deliver(queryId, list(row, other));
        vm.assertEq(market.model(modelId).reports, 1);
    }

    function test_a_row_counts_once_over_all_answers() public {
        ITaskMarket.Row memory row = evaluation(modelId, 1, 9_000);
        deliver(queryId, list(row));
        uint256 paid = market.credit(row.verifier);
        uint256 second = request(modelId);
        expect();
        emit ITaskMarket.RowSkipped(second, modelId, row.verifier, ITaskMarket.SkipReason.AlreadyCounted);
        expect();
        emit ITaskMarket.QuorumMissed(second, modelId, 1, 3);
        deliver(second, list(row));
        vm.assertEq(market.credit(row.verifier), paid);
    }

    function test_a_row_names_the_base_it_measured_against() public {
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        vm.assertNotEq(row.baseDigest, 0);
        row.baseDigest = 0;
        assertSkipped(signed(row), ITaskMarket.SkipReason.WrongBase);
        row.baseDigest = market.model(modelId - 1).baseDigest;
        assertSkipped(signed(row), ITaskMarket.SkipReason.WrongBase);
    }

    function test_where_there_is_no_base_none_is_named() public {
        modelId = drawn(post(terms()));
        taskId = market.model(modelId).taskId;
        queryId = request(modelId);
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        row.baseDigest = "base";
        expect();
        emit ITaskMarket.RowSkipped(queryId, modelId, row.verifier, ITaskMarket.SkipReason.WrongBase);
        deliver(queryId, list(signed(row)));
    }

    function test_a_fitness_is_a_rate_or_a_complaint() public {
        ITaskMarket.SkipReason reason = ITaskMarket.SkipReason.FitnessOutOfRange;
        assertSkipped(evaluation(modelId, 0, 10_001), reason);
        assertSkipped(evaluation(modelId, 0, -3), reason);
        assertSkipped(evaluation(modelId, 0, type(int32).max), reason);
        assertSkipped(evaluation(modelId, 0, type(int32).min), reason);
        assertCounted(evaluation(modelId, 0, 10_000));
        assertCounted(evaluation(modelId, 0, 0));
        assertCounted(evaluation(modelId, 0, UNREADABLE));
        assertCounted(evaluation(modelId, 0, COPY, 1));
    }

    function assertReferences(int32 most) private {
        ITaskMarket.SkipReason reason = ITaskMarket.SkipReason.ReferenceOutOfRange;
        assertCounted(evaluation(modelId, 0, 9_000, 0));
        if (most != 0) assertCounted(evaluation(modelId, 0, 9_000, most));
        assertSkipped(evaluation(modelId, 0, 9_000, most + 1), reason);
        assertSkipped(evaluation(modelId, 0, 9_000, -1), reason);
        assertSkipped(evaluation(modelId, 0, 0, type(int32).min), reason);
        assertSkipped(evaluation(modelId, 0, UNREADABLE, 1), reason);
        assertSkipped(evaluation(modelId, 0, UNREADABLE, -1), reason);
        assertSkipped(evaluation(modelId, 0, COPY, 0), reason);
        assertSkipped(evaluation(modelId, 0, COPY, -1), reason);
        assertSkipped(evaluation(modelId, 0, COPY, 3), reason);
        assertSkipped(evaluation(modelId, 0, COPY, 4), reason);
        assertCounted(evaluation(modelId, 0, COPY, 1));
        assertCounted(evaluation(modelId, 0, COPY, 2));
        assertCounted(evaluation(modelId, 0, UNREADABLE, 0));
    }

    function test_accuracy_has_no_reference() public {
        assertReferences(0);
    }

    function test_gain_has_a_reference() public {
        under(ITaskMarket.FitnessKind.Gain);
        assertReferences(10_000);
    }

    function test_random_control_has_a_reference() public {
        under(ITaskMarket.FitnessKind.RandomControl);
        assertReferences(10_000);
    }

    function test_what_stands_alone_has_no_reference() public {
        under(ITaskMarket.FitnessKind.Standalone);
        assertReferences(0);
    }

    function test_a_signature_covers_the_whole_row() public {
        under(ITaskMarket.FitnessKind.Gain);
        ITaskMarket.SkipReason bad = ITaskMarket.SkipReason.BadSignature;
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000, 10);
        assertCounted(row);
        row.fitnessBps = 9_001;
        assertSkipped(row, bad);
        (row.fitnessBps, row.referenceBps) = (9_000, 11);
        assertSkipped(row, bad);
        (row.referenceBps, row.verifier) = (10, seated(modelId, 1));
        assertSkipped(row, bad);
        row = rowOf(modelId, seated(modelId, 0), 9_000, 10);
        row.modelId = modelId - 1;
        row = signed(row);
        row.modelId = modelId;
        assertSkipped(row, bad);
        row.baseDigest = 0;
        row = signed(row);
        row.baseDigest = market.model(modelId).baseDigest;
        assertSkipped(row, bad);
    }

    function test_a_signature_is_of_its_verifier_for_this_market_on_this_chain() public {
        ITaskMarket.SkipReason bad = ITaskMarket.SkipReason.BadSignature;
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        row = signed(row, keyOf[seated(modelId, 1)]);
        assertSkipped(row, bad);
        row = signed(row);
        vm.chainId(block.chainid + 1);
        assertSkipped(row, bad);
        assertCounted(signed(row));
        ITaskMarket here = market;
        market = ITaskMarket(address(0xbeef));
        bytes32 elsewhere = digestOf(row);
        market = here;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[row.verifier], elsewhere);
        (row.r, row.vs) = (r, bytes32(uint256(s) | uint256(v - 27) << 255));
        assertSkipped(row, bad);
    }

    function test_malformed_signatures_do_not_count() public {
        ITaskMarket.SkipReason bad = ITaskMarket.SkipReason.BadSignature;
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        (bytes32 r, bytes32 vs) = (row.r, row.vs);
        row.r = bytes32(uint256(r) ^ 1);
        assertSkipped(row, bad);
        row.r = 0;
        assertSkipped(row, bad);
        (row.r, row.vs) = (r, vs ^ bytes32(uint256(1) << 255));
        assertSkipped(row, bad);
        row.vs = 0;
        assertSkipped(row, bad);
        row.vs = bytes32(uint256(vs) ^ 1);
        assertSkipped(row, bad);
        row.vs = vs;
        assertCounted(row);
    }

    /// @dev Of the two s that verify, the other is n − s, which has no room beside the parity.
    function test_a_high_s_does_not_count() public {
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        uint256 s = uint256(row.vs) & type(uint256).max >> 1;
        vm.assertLe(s, order / 2);
        uint256 flipped = (order - s) | (uint256(row.vs) >> 255 == 0 ? 1 << 255 : 0);
        row.vs = bytes32(flipped);
        assertSkipped(row, ITaskMarket.SkipReason.BadSignature);
    }

    /// @dev The separator is the one that the fixture spells out, on this chain and after a fork.
    function test_the_domain_follows_the_chain() public {
        vm.assertEq(market.domainSeparator(), domainSeparator());
        vm.chainId(77);
        vm.assertEq(market.domainSeparator(), domainSeparator());
    }

    function test_one_bad_row_spoils_no_other() public {
        ITaskMarket.Row[] memory rows = new ITaskMarket.Row[](5);
        rows[0] = signed(rowOf(modelId, stranger, 9_000, 0));
        rows[1] = evaluation(modelId, 0, 9_000);
        rows[2] = evaluation(modelId, 1, 10_001);
        rows[3] = evaluation(modelId, 2, 9_000);
        rows[4] = evaluation(modelId, 1, 9_000);
        deliver(queryId, rows);
        assertState(modelId, ITaskMarket.ModelState.Rewarded);
        vm.assertEq(market.model(modelId).reports, 3);
    }

    /// @dev What does not fit a word of its type is refused by the decoder, whoever brings it.
    function testFuzz_rows_at_random_are_skipped(ITaskMarket.Row memory row) public {
        vm.recordLogs();
        deliver(queryId, list(row));
        vm.assertEq(emitted(ITaskMarket.RowSkipped.selector), 1);
    }
}
