// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @title Committing to an evaluation, and revealing it on chain where no oracle can withhold it
contract CommitmentsTest is MarketFixture {
    uint256 private taskId;
    uint256 private modelId;
    uint256 private drawnAt;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        ITaskMarket.Terms memory t = committedTerms();
        t.keyWindow = 60;
        taskId = post(t);
        modelId = drawn(taskId);
        drawnAt = block.timestamp;
    }

    function refusedCommit(address by_, uint256 model, uint256 seat, bytes memory reason) private {
        refused(by_, abi.encodeCall(market.commitEvaluation, (model, seat, "x")), reason);
    }

    function refusedReveal(ITaskMarket.Row memory row, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.revealEvaluation, (row)), reason);
    }

    function refusedReveal(ITaskMarket.Row memory row, ITaskMarket.SkipReason reason) private {
        refusedReveal(row, abi.encodeWithSelector(ITaskMarket.RowRefused.selector, reason));
    }

    function reveal(ITaskMarket.Row memory row) private {
        vm.prank(stranger);
        market.revealEvaluation(row);
    }

    /// @dev Committed, with the reveal window open.
    function committed(uint256 seat, int32 fitness) private returns (ITaskMarket.Row memory row) {
        row = evaluation(modelId, seat, fitness);
        vm.warp(drawnAt);
        commit(row);
        toReveal(modelId);
    }

    // ------------------------------------------------------------ committing

    function test_a_seat_commits_once() public {
        address verifier = seated(modelId, 2);
        expect();
        emit ITaskMarket.EvaluationCommitted(modelId, verifier, "x");
        vm.prank(verifier);
        market.commitEvaluation(modelId, 2, "x");
        refusedCommit(verifier, modelId, 2, abi.encodeWithSelector(ITaskMarket.AlreadyCommitted.selector, modelId, 2));
    }

    function test_only_who_holds_the_seat_commits() public {
        address verifier = seated(modelId, 0);
        refusedCommit(verifier, modelId, 1, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, verifier, 1));
        refusedCommit(verifier, modelId, 3, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, verifier, 3));
        refusedCommit(stranger, modelId, 0, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, stranger, 0));
    }

    /// @dev What lies beyond the last seat reads as slot 0, which is somebody's.
    function test_there_is_no_seat_beyond_the_last() public {
        address first = market.poolSlot(0).account;
        refusedCommit(first, modelId, 3, abi.encodeWithSelector(ITaskMarket.NotSeated.selector, first, 3));
        refusedCommit(
            first,
            modelId,
            type(uint256).max,
            abi.encodeWithSelector(ITaskMarket.NotSeated.selector, first, type(uint256).max)
        );
    }

    function test_commitments_end_with_the_evaluation_window() public {
        uint256 deadline = drawnAt + 360;
        address verifier = seated(modelId, 0);
        vm.warp(deadline);
        refusedCommit(
            verifier, modelId, 0, abi.encodeWithSelector(ITaskMarket.EvaluationWindowOver.selector, modelId, deadline)
        );
        vm.warp(deadline - 1);
        vm.prank(verifier);
        market.commitEvaluation(modelId, 0, "x");
    }

    function test_an_empty_commitment_is_none() public {
        address verifier = seated(modelId, 0);
        refused(
            verifier,
            abi.encodeCall(market.commitEvaluation, (modelId, 0, 0)),
            abi.encodeWithSelector(ITaskMarket.CommitmentNotAsked.selector, modelId)
        );
    }

    function test_a_task_without_reveal_window_takes_no_commitment() public {
        uint256 open = drawn(post(terms()));
        refusedCommit(seated(open, 0), open, 0, abi.encodeWithSelector(ITaskMarket.CommitmentNotAsked.selector, open));
    }

    function test_commitments_are_for_models_under_evaluation() public {
        refusedCommit(carol, 9, 0, unknownModel(9));
        uint256 waiting = announce(taskId, dave);
        refusedCommit(carol, waiting, 0, wrongState(waiting, ITaskMarket.ModelState.Announced));
        address verifier = seated(modelId, 0);
        expire(modelId);
        refusedCommit(verifier, modelId, 0, wrongState(modelId, ITaskMarket.ModelState.Void));
    }

    // ------------------------------------------------------------- revealing

    function test_anyone_reveals_what_was_committed() public {
        ITaskMarket.Row memory row = committed(1, 7_501);
        expect();
        emit ITaskMarket.EvaluationCounted(modelId, row.verifier, 7_501, 0, true);
        expect();
        emit ITaskMarket.Credited(row.verifier, taskId, modelId, FEE, ITaskMarket.CreditReason.VerifierFee);
        reveal(row);
        vm.assertEq(market.credit(row.verifier), FEE);
        vm.assertEq(market.model(modelId).reports, 1);
        vm.assertEq(market.model(modelId).passes, 1);
        assertEscrow(taskId, 9 * BUDGET, BUDGET - FEE);
        ITaskMarket.Seat[] memory seats = market.panel(modelId);
        vm.assertTrue(!seats[0].counted && seats[1].counted && !seats[2].counted);
        refusedReveal(row, ITaskMarket.SkipReason.AlreadyCounted);
    }

    function test_a_vote_against_is_no_pass() public {
        reveal(committed(0, 7_500));
        vm.assertEq(market.model(modelId).reports, 1);
        vm.assertEq(market.model(modelId).passes, 0);
    }

    function test_the_reveal_window_has_two_ends() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        (uint256 opens, uint256 closes) = (drawnAt + 360, drawnAt + 460);
        bytes memory reason = abi.encodeWithSelector(ITaskMarket.RevealWindowClosed.selector, modelId, opens, closes);
        vm.warp(opens - 1);
        refusedReveal(row, reason);
        vm.warp(closes);
        refusedReveal(row, reason);
        uint256 before = vm.snapshotState();
        vm.warp(opens);
        reveal(row);
        vm.revertToState(before);
        vm.warp(closes - 1);
        reveal(row);
    }

    function test_without_a_reveal_window_nothing_is_revealed() public {
        uint256 open = drawn(post(terms()));
        ITaskMarket.Row memory row = evaluation(open, 0, 9_000);
        toReveal(open);
        refusedReveal(
            row, abi.encodeWithSelector(ITaskMarket.RevealWindowClosed.selector, open, block.timestamp, block.timestamp)
        );
    }

    function test_only_a_model_under_evaluation_is_revealed() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        row.modelId = 9;
        refusedReveal(row, unknownModel(9));
        row.modelId = announce(taskId, dave);
        refusedReveal(row, wrongState(row.modelId, ITaskMarket.ModelState.Announced));
        row.modelId = modelId;
        expire(modelId);
        refusedReveal(row, wrongState(modelId, ITaskMarket.ModelState.Void));
    }

    function test_without_commitment_nothing_counts() public {
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        toReveal(modelId);
        refusedReveal(row, ITaskMarket.SkipReason.NotCommitted);
        row.salt = 0;
        refusedReveal(row, ITaskMarket.SkipReason.NotCommitted);
    }

    function test_another_salt_does_not_open_a_commitment() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        row.salt = "another";
        refusedReveal(row, ITaskMarket.SkipReason.NotCommitted);
    }

    function test_another_row_does_not_open_a_commitment() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        row.fitnessBps = 8_999;
        refusedReveal(signed(row), ITaskMarket.SkipReason.NotCommitted);
    }

    /// @dev The digest holds the verifier, so a copied commitment opens for nobody but its author.
    function test_a_copied_commitment_opens_nothing() public {
        ITaskMarket.Row memory row = evaluation(modelId, 0, 9_000);
        bytes32 commitment = commitmentOf(row);
        commit(row);
        ITaskMarket.Row memory copy = evaluation(modelId, 1, 9_000);
        vm.prank(copy.verifier);
        market.commitEvaluation(modelId, 1, commitment);
        toReveal(modelId);
        reveal(row);
        copy.salt = row.salt;
        refusedReveal(copy, ITaskMarket.SkipReason.NotCommitted);
        refusedReveal(row, ITaskMarket.SkipReason.AlreadyCounted);
    }

    /// @dev The digest holds the model, so a commitment for one opens for no other.
    function test_a_commitment_is_for_one_model() public {
        uint256 other = drawn(post(committedTerms()));
        ITaskMarket.Row memory row = evaluation(other, 0, 9_000);
        bytes32 commitment = commitmentOf(rowOf(modelId, row.verifier, 9_000, 0));
        vm.prank(row.verifier);
        market.commitEvaluation(other, 0, commitment);
        toReveal(other);
        refusedReveal(row, ITaskMarket.SkipReason.NotCommitted);
    }

    function test_a_commitment_without_signature_does_not_count() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        row.r = bytes32(uint256(row.r) ^ 1);
        refusedReveal(row, ITaskMarket.SkipReason.BadSignature);
    }

    function test_a_stranger_reveals_nothing_of_her_own() public {
        toReveal(modelId);
        refusedReveal(signed(rowOf(modelId, stranger, 9_000, 0)), ITaskMarket.SkipReason.NoSeat);
    }

    // ------------------------------------------------- revealed and answered

    function test_what_was_revealed_is_not_counted_again_by_the_oracle() public {
        ITaskMarket.Row memory first = committed(0, 9_000);
        ITaskMarket.Row memory second = committed(1, 9_000);
        reveal(first);
        uint256 queryId = request(modelId);
        expect();
        emit ITaskMarket.RowSkipped(queryId, modelId, first.verifier, ITaskMarket.SkipReason.AlreadyCounted);
        expect();
        emit ITaskMarket.EvaluationCounted(modelId, second.verifier, 9_000, 0, true);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Rewarded, 2, 2);
        deliver(queryId, list(first, second));
        vm.assertEq(market.credit(first.verifier), FEE);
        vm.assertEq(market.credit(second.verifier), FEE);
        assertEscrow(taskId, 10 * BUDGET - REWARD - 2 * FEE - ORACLE_FEE, 0);
    }

    /// @dev The margins that were counted on chain are asked for again when the model is decided: 9,000 is revealed, and
    ///      of the two at the oracle one is against.
    function test_revealed_margins_take_part_in_the_decision() public {
        ITaskMarket.Row memory third = committed(2, 9_000);
        ITaskMarket.Row memory first = committed(0, 7_500);
        ITaskMarket.Row memory second = committed(1, 7_501);
        reveal(third);
        reveal(first);
        int256[] memory margins = new int256[](3);
        (margins[0], margins[1], margins[2]) = (7_500, 7_501, 9_000);
        uint256 queryId = request(modelId);
        vm.expectCall(rule, abi.encodeWithSignature("decide(int256,uint256,int256[])", 7_500, REWARD, margins));
        deliver(queryId, list(second));
        assertState(modelId, ITaskMarket.ModelState.Rewarded);
    }

    function test_an_answer_without_rows_decides_what_was_revealed() public {
        reveal(committed(0, 9_000));
        reveal(committed(1, 9_000));
        deliver(request(modelId), new ITaskMarket.Row[](0));
        assertState(modelId, ITaskMarket.ModelState.Rewarded);
        vm.assertEq(market.credit(oracle), ORACLE_FEE);
    }

    function test_a_quorum_on_chain_is_decided_without_the_oracle() public {
        ITaskMarket.Row memory first = committed(0, 9_000);
        ITaskMarket.Row memory second = committed(1, 9_000);
        reveal(first);
        reveal(second);
        assertState(modelId, ITaskMarket.ModelState.Evaluating);
        request(modelId);
        vm.warp(market.deadlines(modelId).tally);
        expect();
        emit ITaskMarket.Credited(carol, taskId, modelId, REWARD, ITaskMarket.CreditReason.ModelReward);
        expect();
        emit ITaskMarket.ModelSettled(modelId, taskId, ITaskMarket.ModelState.Rewarded, 2, 2);
        market.expireModel(modelId);
        vm.assertEq(market.credit(oracle), 0);
        vm.assertEq(market.credit(carol), REWARD);
        assertEscrow(taskId, 10 * BUDGET - REWARD - 2 * FEE, 0);
    }

    function test_the_rule_decides_against_a_model_without_the_oracle() public {
        reveal(committed(0, 9_000));
        reveal(committed(2, 7_500));
        int256[] memory margins = new int256[](2);
        (margins[0], margins[1]) = (9_000, 7_500);
        vm.warp(market.deadlines(modelId).tally);
        vm.expectCall(rule, abi.encodeWithSignature("decide(int256,uint256,int256[])", 7_500, REWARD, margins));
        market.expireModel(modelId);
        assertState(modelId, ITaskMarket.ModelState.Rejected);
        vm.assertEq(market.credit(carol), 0);
    }

    function test_one_below_the_quorum_is_void() public {
        ITaskMarket.Row memory row = committed(0, 9_000);
        reveal(row);
        expire(modelId);
        assertState(modelId, ITaskMarket.ModelState.Void);
        vm.assertEq(market.credit(row.verifier), FEE);
        assertEscrow(taskId, 10 * BUDGET - FEE, 0);
    }

    function test_revealing_does_not_settle() public {
        for (uint256 i; i < 3; ++i) {
            reveal(committed(i, 9_000));
        }
        assertState(modelId, ITaskMarket.ModelState.Evaluating);
        vm.assertEq(market.model(modelId).reports, 3);
    }
}
