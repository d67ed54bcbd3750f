// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Books} from "./Books.sol";

/// @title Announcing models and their queue
abstract contract Announcements is Books {
    /// @inheritdoc ITaskMarket
    function announceModel(
        uint256 taskId,
        bytes calldata cid,
        bytes32 fingerprint,
        bytes32 keyCommitment,
        bytes calldata accessKey
    ) external returns (uint256 modelId) {
        Task storage t = _openTask(taskId);
        // slither-disable-next-line timestamp: the deadline is minutes or more away
        if (block.timestamp >= t.deadline) revert DeadlinePassed(t.deadline, block.timestamp);
        if (msg.sender == t.initiator) revert InitiatorCannotAnnounce(taskId, t.initiator);
        _checkCid(cid);
        _checkKey(accessKey);
        Access access = t.access;
        if ((access == Access.Public) != (keyCommitment == 0)) revert WrongKeyCommitment(access, keyCommitment);
        uint256 budget = _reserve(t);

        modelId = ++_counts.models;
        uint256 index = _enqueue(t, uint40(modelId));
        uint256 drawBlock_ = block.number + 1;
        Model storage m = _models[modelId];
        m.contributor = msg.sender;
        m.taskId = uint40(taskId);
        m.turnBlock = uint40(block.number);
        m.poolLength = _counts.poolLength;
        m.index = uint24(index);
        m.since = uint40(block.timestamp);
        m.cidDigest = keccak256(cid);
        if (keyCommitment != 0) m.keyCommitment = keyCommitment;
        emit ModelAnnounced(
            modelId, taskId, msg.sender, index, cid, fingerprint, keyCommitment, accessKey, drawBlock_, budget
        );
    }

    function _reserve(Task storage t) private returns (uint256 budget) {
        budget = _unitBudget(t);
        (uint256 unreserved, uint256 reserved) = (t.unreserved, t.reserved);
        if (unreserved < budget) revert EscrowExhausted(unreserved, budget);
        // What one of the two loses the other gains, and together they are ether that was sent.
        unchecked {
            unreserved -= budget;
            reserved += budget;
        }
        t.unreserved = uint88(unreserved);
        t.reserved = uint88(reserved);
    }

    /// @return index the model's place among those of its task
    function _enqueue(Task storage t, uint40 modelId) private returns (uint24 index) {
        index = t.modelCount + 1;
        if (t.head == 0) {
            t.head = modelId;
        } else {
            _models[t.tail].next = modelId;
        }
        t.tail = modelId;
        t.modelCount = index;
    }
}
