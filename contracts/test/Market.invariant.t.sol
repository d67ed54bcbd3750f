// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {IRewardRule} from "../solidity/IRewardRule.sol";
import {Invariants} from "./Invariants.sol";
import {Ghost} from "./handlers/Ghost.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";
import {weights} from "./handlers/Weights.sol";

abstract contract MarketInvariants is Invariants {
    MarketHandler internal handler;
    ITaskMarket internal market;

    function setUp() public {
        handler = new MarketHandler();
        market = handler.market();
        target(address(handler), weights());
    }
}

/// @title Where every wei is
contract MoneyInvariantTest is MarketInvariants {
    function invariant_the_balance_is_what_is_owed() public view {
        vm.assertEq(address(market).balance, _escrowed() + _credited() + _staked() + market.burnt());
    }

    function invariant_ether_is_neither_made_nor_lost() public view {
        address[] memory people = handler.people();
        uint256 total = address(market).balance;
        for (uint256 i; i < people.length; ++i) {
            vm.assertEq(people[i].balance, handler.purse(people[i]), "a purse");
            total += people[i].balance;
        }
        vm.assertEq(total, people.length * 1_000 ether);
    }

    function invariant_everyone_is_credited_what_the_terms_say() public view {
        address[] memory people = handler.people();
        for (uint256 i; i < people.length; ++i) {
            vm.assertEq(market.credit(people[i]), handler.credit(people[i]));
        }
        // All that is credited is credited to them.
        vm.assertEq(market.credit(address(this)) + market.credit(address(market)) + market.credit(address(0)), 0);
    }

    function invariant_a_task_reserves_what_its_models_may_still_cost() public view {
        for (uint256 id = market.counts().tasks; id > 0; --id) {
            (,,,, uint256 held) = handler.taskBook(id);
            vm.assertEq(market.task(id).reserved, held);
        }
    }

    function invariant_a_task_has_left_what_was_not_spent() public view {
        for (uint256 id = market.counts().tasks; id > 0; --id) {
            (, uint256 unreserved,,,) = handler.taskBook(id);
            vm.assertEq(market.task(id).unreserved, unreserved);
        }
    }

    function invariant_a_closed_task_holds_nothing_unreserved() public view {
        for (uint256 id = market.counts().tasks; id > 0; --id) {
            ITaskMarket.TaskStatus memory t = market.task(id);
            (bool closed,,,,) = handler.taskBook(id);
            vm.assertEq(t.state == ITaskMarket.TaskState.Closed, closed);
            if (t.state == ITaskMarket.TaskState.Closed) vm.assertEq(t.unreserved, 0);
        }
    }

    function invariant_a_stake_is_locked_for_unsettled_seats_alone() public view {
        uint256 locked;
        for (uint256 slot; slot < market.counts().poolLength; ++slot) {
            ITaskMarket.PoolSlot memory s = market.poolSlot(slot);
            Ghost.SlotBook memory book = handler.slotBook(slot);
            vm.assertLe(s.locked, s.stake);
            vm.assertEq(s.account, book.account);
            vm.assertEq(s.leftBlock, book.leftBlock);
            vm.assertEq(s.stake, book.stake, "stake");
            vm.assertEq(s.locked, book.locked, "locked");
            locked += s.locked;
        }
        vm.assertEq(locked, handler.lockedForSeats());
    }

    function invariant_what_is_burnt_is_bonds_lost() public view {
        vm.assertEq(market.burnt(), handler.burnt());
    }

    function _escrowed() private view returns (uint256 sum) {
        for (uint256 id = market.counts().tasks; id > 0; --id) {
            sum += uint256(market.task(id).unreserved) + market.task(id).reserved;
        }
    }

    function _credited() private view returns (uint256 sum) {
        address[] memory people = handler.people();
        for (uint256 i; i < people.length; ++i) {
            sum += market.credit(people[i]);
        }
    }

    function _staked() private view returns (uint256 sum) {
        for (uint256 slot = market.counts().poolLength; slot > 0; --slot) {
            sum += market.poolSlot(slot - 1).stake;
        }
    }
}

/// @title What becomes of models
contract ModelInvariantTest is MarketInvariants {
    function invariant_passes_reports_seats_and_panel_in_this_order() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            vm.assertLe(m.passes, m.reports);
            vm.assertLe(m.reports, m.seats);
            (, uint256 panelSize,,) = handler.ruleOf(m.taskId);
            vm.assertLe(m.seats, panelSize);
        }
    }

    function invariant_a_seat_is_counted_once_and_settled_once() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Seat[] memory seats = market.panel(id);
            (address[] memory verifiers, uint256 counted, uint256 settled,) = handler.panelBook(id);
            vm.assertEq(seats.length, verifiers.length);
            uint256 reports;
            for (uint256 i; i < seats.length; ++i) {
                vm.assertEq(seats[i].verifier, verifiers[i]);
                vm.assertEq(seats[i].counted, counted >> i & 1 == 1);
                vm.assertEq(seats[i].settled, settled >> i & 1 == 1);
                if (seats[i].counted) ++reports;
            }
            vm.assertEq(market.model(id).reports, reports);
        }
    }

    function invariant_a_model_settles_once_and_stays_as_it_is() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            Ghost.ModelBook memory book = handler.modelBook(id);
            vm.assertLe(book.timesSettled, 1);
            vm.assertTrue(m.state == book.state, "its state");
            vm.assertEq(m.since, book.since, "since when");
            vm.assertEq(m.contributor, book.contributor);
            vm.assertEq(m.poolLength, book.poolLength);
            vm.assertEq(m.index, book.index);
            vm.assertEq(m.reports, book.reports, "reports");
            vm.assertEq(m.passes, book.passes, "passes");
        }
    }

    function invariant_rewarded_are_those_whom_a_quorum_and_the_rule_favour() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            if (m.state <= ITaskMarket.ModelState.Evaluating) continue;
            (,,, uint256 passes) = handler.panelBook(id);
            (bool hostile,, uint256 least, uint256 modelReward) = handler.ruleOf(m.taskId);
            bool majority = 2 * passes > m.reports;
            bool quorum = m.reports >= least;
            vm.assertEq(m.passes, passes);
            // Of all rules here only the hostile ones ask for something else than a majority, or fail.
            if (hostile) {
                vm.assertTrue(m.state != ITaskMarket.ModelState.Rejected);
                if (!quorum) vm.assertTrue(m.state == ITaskMarket.ModelState.Void);
            } else {
                vm.assertEq(m.state == ITaskMarket.ModelState.Void, !quorum);
                vm.assertEq(m.state == ITaskMarket.ModelState.Rewarded, quorum && majority);
            }
            vm.assertLe(handler.modelBook(id).paid, modelReward);
        }
    }

    function invariant_a_query_is_answered_once() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            Ghost.ModelBook memory book = handler.modelBook(id);
            vm.assertLe(m.answers, m.queries);
            vm.assertLe(m.queries, uint256(m.answers) + 1);
            vm.assertEq(m.queries, book.queries);
            vm.assertEq(m.answers, book.answers);
        }
    }

    function invariant_the_base_is_what_the_terms_make_of_the_models_before() public view {
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            Ghost.ModelBook memory book = handler.modelBook(id);
            vm.assertEq(m.baseCount, book.baseCount);
            vm.assertEq(m.baseDigest, book.baseDigest);
        }
    }

    function invariant_models_of_a_task_take_turns() public view {
        for (uint256 id = market.counts().tasks; id > 0; --id) {
            ITaskMarket.TaskStatus memory t = market.task(id);
            (,, uint256 head, uint256 models,) = handler.taskBook(id);
            vm.assertEq(t.head, head);
            vm.assertEq(t.modelCount, models);
        }
        for (uint256 id = market.counts().models; id > 0; --id) {
            ITaskMarket.Model memory m = market.model(id);
            if (m.state == ITaskMarket.ModelState.Evaluating) vm.assertEq(market.task(m.taskId).head, id);
            if (m.state <= ITaskMarket.ModelState.Evaluating) vm.assertEq(market.drawBlock(id), handler.drawBlock(id));
        }
    }
}

/// @title However it went, everybody gets what is theirs even if all others fall silent
contract EndInvariantTest is MarketInvariants {
    function invariant_a_stranger_can_end_everything() public pure {}

    function afterInvariant() public {
        handler.cleanUp();
        (uint256 tasks, uint256 models, uint256 slots) = handler.sizes();
        for (uint256 id = 1; id <= tasks; ++id) {
            ITaskMarket.TaskStatus memory t = market.task(id);
            vm.assertEq(t.reserved, 0, "reserved");
            vm.assertEq(t.unreserved, 0, "unreserved");
            vm.assertEq(t.head, 0, "head");
        }
        for (uint256 id = 1; id <= models; ++id) {
            vm.assertTrue(market.model(id).state > ITaskMarket.ModelState.Evaluating, "open");
        }
        for (uint256 slot; slot < slots; ++slot) {
            vm.assertEq(market.poolSlot(slot).stake, 0, "stake");
        }
        address[] memory people = handler.people();
        for (uint256 i; i < people.length; ++i) {
            vm.assertEq(market.credit(people[i]), 0, "credit");
            vm.assertEq(people[i].balance, handler.purse(people[i]), "purse");
        }
        vm.assertEq(address(market).balance, market.burnt());
    }
}
