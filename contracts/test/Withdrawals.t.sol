// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {HostileAccount} from "./fixtures/HostileAccount.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @title Paying out, also to accounts that misbehave when they are paid
contract WithdrawalsTest is MarketFixture {
    HostileAccount private payee;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        payee = new HostileAccount();
        vm.deal(address(this), 1_000);
        payee.forward{value: 1_000}(address(market), abi.encodeCall(market.postTask, (terms())));
        payee.forward(address(market), abi.encodeCall(market.closeTask, (1)));
        uint256 taskId = post(terms(), 777);
        vm.prank(initiator);
        market.closeTask(taskId);
    }

    function assertOthersArePaid() private {
        uint256 before = initiator.balance;
        market.withdrawFor(initiator);
        vm.assertEq(initiator.balance - before, 777);
    }

    function refusedPayment() private {
        refused(
            stranger,
            abi.encodeCall(market.withdrawFor, (address(payee))),
            abi.encodeWithSelector(ITaskMarket.WithdrawFailed.selector, payee, 1_000)
        );
        vm.assertEq(market.credit(address(payee)), 1_000);
    }

    function test_anyone_pays_out_what_is_an_accounts_own() public {
        uint256 before = initiator.balance;
        expect();
        emit ITaskMarket.Withdrawn(initiator, 777);
        vm.prank(stranger);
        market.withdrawFor(initiator);
        vm.assertEq(initiator.balance - before, 777);
        vm.assertEq(stranger.balance, 1_000 ether);
        vm.assertEq(market.credit(initiator), 0);
        vm.assertEq(market.credit(address(payee)), 1_000);
        vm.assertEq(address(market).balance, 1_000);
    }

    function test_without_credit_there_is_nothing_to_withdraw() public {
        bytes memory input = abi.encodeCall(market.withdrawFor, (initiator));
        market.withdrawFor(initiator);
        refused(initiator, input, abi.encodeWithSelector(ITaskMarket.NothingToWithdraw.selector, initiator));
        refused(
            stranger,
            abi.encodeCall(market.withdrawFor, (stranger)),
            abi.encodeWithSelector(ITaskMarket.NothingToWithdraw.selector, stranger)
        );
    }

    function test_a_payee_who_refuses_keeps_her_credit() public {
        payee.setMood(HostileAccount.Mood.Refusing);
        refusedPayment();
        assertOthersArePaid();
        payee.setMood(HostileAccount.Mood.Friendly);
        market.withdrawFor(address(payee));
        vm.assertEq(address(payee).balance, 1_000);
    }

    function test_a_payee_who_re_enters_gets_her_credit_once() public {
        payee.setMood(HostileAccount.Mood.Reentering);
        market.withdrawFor(address(payee));
        vm.assertEq(address(payee).balance, 1_000);
        vm.assertEq(payee.refusedReentries(), 1);
        assertOthersArePaid();
    }

    function test_a_payee_who_burns_all_gas_harms_only_her_own_payment() public {
        payee.setMood(HostileAccount.Mood.Burning);
        (bool ok,) = address(market).call{gas: 1_000_000}(abi.encodeCall(market.withdrawFor, (address(payee))));
        vm.assertTrue(!ok);
        vm.assertEq(market.credit(address(payee)), 1_000);
        assertOthersArePaid();
    }

    /// @dev The bomb of 1 MiB costs its author the gas to build it, and nobody the gas to copy it.
    function test_what_a_payee_returns_is_not_copied() public {
        payee.setMood(HostileAccount.Mood.Bombing);
        uint256 before = gasleft();
        market.withdrawFor(address(payee));
        uint256 spent = before - gasleft();
        vm.assertEq(address(payee).balance, 1_000);
        vm.assertLt(spent, 2_300_000);
        assertOthersArePaid();
    }

    /// @dev Settling credits and pays nobody, so payees of every mood leave a model alone.
    function test_hostile_payees_do_not_stop_a_settlement() public {
        for (uint8 mood; mood < 5; ++mood) {
            HostileAccount contributor = new HostileAccount();
            contributor.setMood(HostileAccount.Mood(mood));
            uint256 taskId = post(terms());
            bytes memory input = abi.encodeCall(market.announceModel, (taskId, CID, FINGERPRINT, 0, ""));
            uint256 modelId = abi.decode(contributor.forward(address(market), input), (uint256));
            draw(modelId);
            settle(modelId, votes(9_000, 9_000, 9_000));
            assertState(modelId, ITaskMarket.ModelState.Rewarded);
            vm.assertEq(market.credit(address(contributor)), REWARD);
        }
        for (uint256 i; i < 3; ++i) {
            address verifier = seated(1, i);
            market.withdrawFor(verifier);
            vm.assertGt(verifier.balance, 1_000 ether);
        }
    }

    /// @dev Each wei that came in goes out again.
    function test_nothing_is_left_when_all_are_paid() public {
        uint256 taskId = post(terms());
        uint256 modelId = drawn(taskId);
        settle(modelId, votes(9_000, 0, 9_000));
        vm.prank(initiator);
        market.closeTask(taskId);
        market.withdrawFor(initiator);
        market.withdrawFor(carol);
        market.withdrawFor(oracle);
        market.withdrawFor(address(payee));
        for (uint256 i; i < 3; ++i) {
            market.withdrawFor(seated(modelId, i));
        }
        vm.assertEq(address(market).balance, 0);
        vm.assertEq(carol.balance, 1_000 ether + REWARD);
        vm.assertEq(oracle.balance, 1_000 ether + ORACLE_FEE);
    }
}
