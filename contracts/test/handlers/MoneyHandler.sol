// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {HostileAccount} from "../fixtures/HostileAccount.sol";
import {Outcomes} from "./Outcomes.sol";

/// @title Acts of initiators, of the pool and of payees; and time
/// @dev   Each foretells whether the market lets her, and fails if it is otherwise.
abstract contract MoneyHandler is Outcomes {
    uint256 private constant MOST_TASKS = 8;

    function post(uint256 seed) external {
        if (_tasks.length <= MOST_TASKS) _post(_mix(seed), _mix(seed) >> 128);
    }

    function _post(uint256 seed, uint256 kind) internal {
        uint256 taskId = _tasks.length;
        address initiator = _anyone(seed >> 160);
        ITaskMarket.Terms memory t = _termsOf(kind % KINDS, seed, taskId);
        _terms.push(t);
        _tasks.push().initiator = initiator;
        uint256 escrow = _budget(taskId) * ((seed >> 104) % 10) + (seed >> 112) % 1_000;
        _act(initiator, escrow, abi.encodeCall(market.postTask, (t)), true, "post");
        _purse[initiator] -= escrow;
        _tasks[taskId].unreserved = escrow;
    }

    function topUp(uint256 seed, uint256 amount) external {
        seed = _mix(seed);
        (uint256 taskId, address who) = (seed % _tasks.length, _person(seed >> 8));
        amount = bound(amount, 0, 2_000_000);
        bool allowed = taskId != 0 && !_tasks[taskId].closed;
        _act(who, amount, abi.encodeCall(market.topUp, (taskId)), allowed, "top up");
        if (!allowed) return;
        _purse[who] -= amount;
        _tasks[taskId].unreserved += amount;
    }

    function close(uint256 seed) external {
        seed = _mix(seed);
        uint256 taskId = seed % _tasks.length;
        TaskBook storage t = _tasks[taskId];
        bool owned = (seed >> 16) % 4 == 0;
        address who = owned && taskId != 0 ? t.initiator : _person(seed >> 8);
        bool allowed = taskId != 0 && !t.closed && (who == t.initiator || block.timestamp >= _terms[taskId].deadline);
        _act(who, 0, abi.encodeCall(market.closeTask, (taskId)), allowed, "close");
        if (!allowed) return;
        t.closed = true;
        _credit[t.initiator] += t.unreserved;
        t.unreserved = 0;
    }

    // ----------------------------------------------------------------- pool

    function join(uint256 seed, uint256 stake) external {
        _join(_person(_mix(seed)), bound(stake, 0, 5_000_000));
    }

    function _join(address who, uint256 stake) internal {
        bool allowed = _slotOf[who] == 0;
        _act(who, stake, abi.encodeCall(market.joinPool, ("key")), allowed, "join");
        if (!allowed) return;
        _purse[who] -= stake;
        _slots.push(SlotBook(who, 0, stake, 0));
        _slotOf[who] = _slots.length;
    }

    function quit(uint256 seed) external {
        seed = _mix(seed);
        // Late enough to know the hashes of blocks that are named already.
        if (seed % 2 == 0) _mine(3);
        _leave(_person(seed >> 8));
    }

    function _leave(address who) internal {
        bool allowed = _slotOf[who] != 0;
        _act(who, 0, abi.encodeCall(market.leavePool, ()), allowed, "leave");
        if (!allowed) return;
        _slots[_slotOf[who] - 1].leftBlock = block.number;
        _slotOf[who] = 0;
    }

    function reclaim(uint256 seed) external {
        seed = _mix(seed);
        uint256 slot = seed % (_slots.length + 1);
        if (slot == _slots.length) {
            _act(_person(seed >> 8), 0, abi.encodeCall(market.reclaimStake, (slot)), false, "reclaim nothing");
            return;
        }
        for (uint256 i; i < _slots.length && _slots[slot].leftBlock == 0 && seed >> 255 == 0; ++i) {
            slot = (slot + 1) % _slots.length;
        }
        uint256 left = _slots[slot].leftBlock;
        if (_isPatient(seed) && left != 0 && block.number < left + 256) vm.roll(left + 255 + (seed >> 16) % 2);
        _reclaim(slot, _person(seed >> 8));
    }

    function _reclaim(uint256 slot, address who) internal {
        SlotBook storage s = _slots[slot];
        uint256 free = s.stake - s.locked;
        bool allowed = s.leftBlock != 0 && block.number >= s.leftBlock + 256 && free != 0;
        _act(who, 0, abi.encodeCall(market.reclaimStake, (slot)), allowed, "reclaim");
        if (!allowed) return;
        s.stake = s.locked;
        _credit[s.account] += free;
        _note(Reach.StakeReclaimed);
    }

    // ---------------------------------------------------------------- payees

    function withdraw(uint256 seed) external {
        seed = _mix(seed);
        _withdraw(_anyone(seed));
    }

    function _withdraw(address payee) internal {
        uint256 amount = _credit[payee];
        HostileAccount.Mood mood =
            payee.code.length == 0 ? HostileAccount.Mood.Friendly : HostileAccount(payable(payee)).mood();
        bool takes = mood == HostileAccount.Mood.Friendly || mood == HostileAccount.Mood.Reentering;
        // Bounded, because a burning payee burns whatever she gets.
        (bool ok,) = address(market).call{gas: 300_000}(abi.encodeCall(market.withdrawFor, (payee)));
        vm.assertEq(ok, takes && amount != 0, "withdraw");
        if (!ok && amount != 0) _note(Reach.PayeeRefused);
        if (!ok) return;
        _credit[payee] = 0;
        _purse[payee] += amount;
    }

    function changeMood(uint256 seed) external {
        seed = _mix(seed);
        address payee = _people[SIGNERS + seed % (_people.length - SIGNERS)];
        HostileAccount(payable(payee)).setMood(HostileAccount.Mood((seed >> 8) % 4));
    }

    function _soothe(address payee) internal {
        HostileAccount(payable(payee)).setMood(HostileAccount.Mood.Friendly);
    }

    // ------------------------------------------------------------------ time

    function mine(uint256 blocks) external {
        _mine(bound(blocks, 1, 20));
    }

    /// @dev Blocks without time: what a chain with shorter slots does.
    function forgetHashes(uint256 blocks) external {
        vm.roll(block.number + bound(blocks, 200, 300));
    }

    /// @dev To the last second of a window, the first after it, or one more.
    function waitForAnEnd(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = seed % _models.length;
        if (modelId == 0) return;
        bool drawn = _models[modelId].state == ITaskMarket.ModelState.Evaluating;
        _reach((drawn ? _end(modelId, (seed >> 8) % 4) : _drawDeadline(modelId)) + (seed >> 16) % 3 - 1);
    }

    function _mine(uint256 blocks) internal {
        vm.roll(block.number + blocks);
        vm.warp(block.timestamp + 12 * blocks);
    }

    function _reach(uint256 time) internal {
        if (block.timestamp >= time) return;
        vm.roll(block.number + 1);
        vm.warp(time);
    }
}
