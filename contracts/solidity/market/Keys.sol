// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Books} from "./Books.sol";

/// @title Keys to sealed models and samples
/// @dev   The contract carries wrapped keys in events; it stores none and can open none.
abstract contract Keys is Books {
    /// @inheritdoc ITaskMarket
    function deliverKeys(uint256 modelId, bytes calldata wrappedKeys) external {
        (Model storage m, Task storage t) = _evaluating(modelId);
        if (msg.sender != m.contributor && msg.sender != t.initiator) revert NotKeyHolder(msg.sender);
        uint256 deadline = _deadlines(m, t).key;
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp >= deadline) revert KeyWindowOver(modelId, deadline);
        uint256 seats = m.seats;
        uint256 length = wrappedKeys.length;
        if (length == 0 || length % seats != 0) revert WrongKeyCount(length, seats);
        emit KeysDelivered(modelId, msg.sender, wrappedKeys);
    }

    /// @inheritdoc ITaskMarket
    function releaseKey(uint256 modelId, bytes calldata wrappedKey) external {
        (Model storage m,) = _model(modelId);
        if (m.state != ModelState.Rewarded) revert WrongState(modelId, m.state);
        // In a public task the commitment is 0, which nothing hashes to.
        if (keccak256(wrappedKey) != m.keyCommitment) revert WrongKey(modelId);
        emit KeyReleased(modelId, msg.sender, wrappedKey);
    }

    /// @inheritdoc ITaskMarket
    function shareKey(uint256 modelId, uint256 recipientModelId, bytes calldata wrappedKey) external {
        (Model storage m, Task storage t) = _model(modelId);
        (Model storage recipient,) = _model(recipientModelId);
        if (
            t.access != Access.SealedForRewarded || m.taskId != recipient.taskId || m.state != ModelState.Rewarded
                || recipient.state != ModelState.Rewarded
        ) {
            revert NotShared(modelId, recipientModelId);
        }
        _checkKey(wrappedKey);
        emit KeyShared(modelId, recipientModelId, recipient.contributor, wrappedKey);
    }
}
