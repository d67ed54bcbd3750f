// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {EndHandler} from "./EndHandler.sol";

/// @title Everything that people do to a market, in any order, and the books of it
contract MarketHandler is EndHandler {
    constructor() {
        _gather();
        _openBooks();
        for (uint256 i; i + 3 < _people.length; ++i) {
            _join(_people[i], i % 4 == 0 ? 0 : 1_500_000 * i);
        }
        // Different seeds make different panels and escrows; the rest comes with `post`.
        _post(_mix(1), 0);
        _post(_mix(7), 1);
        _post(_mix(13), 2);
        _post(_mix(6), 3);
        _post(_mix(5), 4);
        _post(_mix(9), 5);
    }

    // ------------------------------------------------------ as it should go

    /// @dev The next step of a task that goes well.
    function goOn(uint256 seed) external {
        seed = _mix(seed);
        uint256 taskId = 1 + seed % (_tasks.length - 1);
        uint256 modelId = _head(taskId);
        if (modelId == 0) {
            _announce(taskId, seed);
        } else if (_models[modelId].state == ITaskMarket.ModelState.Announced) {
            if (block.timestamp < _drawDeadline(modelId)) _draw(modelId, seed);
            else _expire(modelId, _person(seed >> 16));
        } else if (block.timestamp >= _end(modelId, 3)) {
            _expire(modelId, _person(seed >> 16));
        } else if (_is(modelId, Wanted.Committing) && !_is(modelId, Wanted.Committed)) {
            _commit(modelId, seed);
        } else if (_is(modelId, Wanted.Committed) && block.timestamp < _end(modelId, 1) && (seed >> 32) % 3 == 0) {
            _reveal(modelId, seed);
        } else {
            _answer(modelId, seed);
        }
    }

    /// @dev The same for what was settled before: a plant is revealed, seats are settled.
    function goOnWithSeats(uint256 seed) external {
        seed = _mix(seed);
        uint256 modelId = _seek(seed, seed >> 255 == 0 ? Wanted.Plant : Wanted.Unsettled);
        if (modelId == 0) return;
        _revealPlant(modelId, seed);
        if ((seed >> 64) % 4 == 0 || _models[modelId].agreed) _settleSeat(modelId, seed);
    }

    // --------------------------------------------------------------- the end

    /// @dev What a stranger can do when everybody else is gone.
    function cleanUp() external {
        address stranger = address(0x57a9e2);
        vm.warp(block.timestamp + 1_000_000);
        vm.roll(block.number + 1);
        for (uint256 taskId = 1; taskId < _tasks.length; ++taskId) {
            while (_head(taskId) != 0) {
                vm.warp(block.timestamp + 1_000_000);
                _expire(_head(taskId), stranger);
            }
        }
        vm.warp(block.timestamp + 1_000_000);
        for (uint256 modelId = 1; modelId < _models.length; ++modelId) {
            for (uint256 i; i < _seats[modelId].length; ++i) {
                if (_lockedSeats(modelId) != 0) _settleOne(modelId, i, stranger);
            }
        }
        for (uint256 taskId = 1; taskId < _tasks.length; ++taskId) {
            TaskBook storage t = _tasks[taskId];
            if (t.closed) continue;
            _act(stranger, 0, abi.encodeCall(market.closeTask, (taskId)), true, "close at the end");
            t.closed = true;
            _credit[t.initiator] += t.unreserved;
            t.unreserved = 0;
        }
        _emptyPool(stranger);
    }

    function _emptyPool(address stranger) private {
        for (uint256 i; i < _people.length; ++i) {
            if (_slotOf[_people[i]] != 0) _leave(_people[i]);
        }
        vm.roll(block.number + 256);
        for (uint256 slot; slot < _slots.length; ++slot) {
            if (_slots[slot].stake != 0) _reclaim(slot, stranger);
        }
        for (uint256 i; i < _people.length; ++i) {
            if (_people[i].code.length != 0) _soothe(_people[i]);
            _withdraw(_people[i]);
        }
    }

    // ----------------------------------------------------------------- books

    function reached() external view returns (uint256[REACHES] memory) {
        return _reached;
    }

    function people() external view returns (address[] memory) {
        return _people;
    }

    function sizes() external view returns (uint256 tasks, uint256 models, uint256 slots) {
        return (_tasks.length - 1, _models.length - 1, _slots.length);
    }

    function taskBook(uint256 taskId)
        external
        view
        returns (bool closed, uint256 unreserved, uint256 head, uint256 models, uint256 heldForThem)
    {
        TaskBook storage t = _tasks[taskId];
        for (uint256 i; i < t.queue.length; ++i) {
            heldForThem += _held(t.queue[i]);
        }
        return (t.closed, t.unreserved, _head(taskId), t.queue.length, heldForThem);
    }

    function modelBook(uint256 modelId) external view returns (ModelBook memory) {
        return _models[modelId];
    }

    /// @return verifiers who sit on the panel
    /// @return counted flags of counted seats, the first lowest
    /// @return settled flags of settled seats
    /// @return passes counted seats whose margin exceeds MAFR
    function panelBook(uint256 modelId)
        external
        view
        returns (address[] memory verifiers, uint256 counted, uint256 settled, uint256 passes)
    {
        verifiers = new address[](_seats[modelId].length);
        int256 mafrBps = _terms[_models[modelId].taskId].mafrBps;
        for (uint256 i; i < verifiers.length; ++i) {
            SeatBook storage s = _seats[modelId][i];
            verifiers[i] = s.verifier;
            if (s.timesCounted != 0) counted |= 1 << i;
            if (s.timesSettled != 0) settled |= 1 << i;
            if (s.timesCounted != 0 && s.margin > mafrBps) ++passes;
        }
    }

    /// @return locked what must be locked for the unsettled seats of all models
    function lockedForSeats() external view returns (uint256 locked) {
        for (uint256 modelId = 1; modelId < _models.length; ++modelId) {
            locked += _lockedSeats(modelId) * _terms[_models[modelId].taskId].bond;
        }
    }

    function ruleOf(uint256 taskId)
        external
        view
        returns (bool hostile, uint256 panelSize, uint256 quorum, uint256 modelReward)
    {
        ITaskMarket.Terms storage t = _terms[taskId];
        for (uint256 i; i < _hostileRules.length; ++i) {
            if (_hostileRules[i] == t.rule) hostile = true;
        }
        return (hostile, t.panelSize, t.quorum, t.modelReward);
    }

    function slotBook(uint256 slot) external view returns (SlotBook memory) {
        return _slots[slot];
    }

    function credit(address account) external view returns (uint256) {
        return _credit[account];
    }

    function purse(address account) external view returns (uint256) {
        return _purse[account];
    }

    function burnt() external view returns (uint256) {
        return _burnt;
    }

    function drawBlock(uint256 modelId) external view returns (uint256) {
        return _drawBlock(modelId);
    }
}
