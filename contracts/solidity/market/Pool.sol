// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Books} from "./Books.sol";

/// @title The pool of verification contributors, and their stakes
/// @dev   The pool only grows: a slot is never given away again, so a draw can name slots by their number.
abstract contract Pool is Books {
    /// @inheritdoc ITaskMarket
    function joinPool(bytes calldata publicKey) external payable {
        uint256 number = _slotNumber[msg.sender];
        if (number != 0) revert AlreadyInPool(msg.sender, number - 1);
        _checkKey(publicKey);
        uint256 slot = _counts.poolLength++;
        _pool[slot].account = msg.sender;
        _slotNumber[msg.sender] = slot + 1;
        if (msg.value != 0) _pool[slot].stake = _amount(msg.value);
        emit PoolJoined(msg.sender, slot, msg.value, publicKey);
    }

    /// @inheritdoc ITaskMarket
    function leavePool() external {
        uint256 number = _slotNumber[msg.sender];
        if (number == 0) revert NotInPool(msg.sender);
        uint256 slot = number - 1;
        _pool[slot].leftBlock = uint40(block.number);
        delete _slotNumber[msg.sender];
        emit PoolLeft(msg.sender, slot);
    }

    /// @inheritdoc ITaskMarket
    function reclaimStake(uint256 slot) external {
        PoolSlot storage entry = _slot(slot);
        uint256 leftBlock = entry.leftBlock;
        uint256 freeBlock = leftBlock == 0 ? type(uint256).max : leftBlock + HASH_REACH;
        if (block.number < freeBlock) revert StakeStillBound(slot, freeBlock);
        uint256 amount = entry.stake - entry.locked;
        if (amount == 0) revert NothingToReclaim(slot);
        entry.stake = entry.locked;
        emit StakeReclaimed(entry.account, slot, amount);
        _credit(entry.account, 0, 0, amount, CreditReason.Stake);
    }
}
