// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "./ITaskMarket.sol";
import {EvaluationSignature} from "./libraries/EvaluationSignature.sol";
import {Announcements} from "./market/Announcements.sol";
import {Bonds} from "./market/Bonds.sol";
import {Keys} from "./market/Keys.sol";
import {Pool} from "./market/Pool.sol";
import {Tasks} from "./market/Tasks.sol";

/// @title TaskMarket
/// @notice The phases of a model's life put together, and the views on them.
contract TaskMarket is Tasks, Pool, Announcements, Keys, Bonds {
    /// @inheritdoc ITaskMarket
    function task(uint256 taskId) external view returns (TaskStatus memory) {
        Task storage t = _task(taskId);
        return TaskStatus(
            t.initiator, t.state, t.termsDigest, t.unreserved, t.reserved, t.head, t.lastSettled, t.tail, t.modelCount
        );
    }

    /// @inheritdoc ITaskMarket
    function model(uint256 modelId) external view returns (Model memory m) {
        (m,) = _model(modelId);
    }

    /// @inheritdoc ITaskMarket
    function deadlines(uint256 modelId) external view returns (Deadlines memory ends) {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state == ModelState.Evaluating) ends = _deadlines(m, t);
    }

    /// @inheritdoc ITaskMarket
    function drawBlock(uint256 modelId) external view returns (uint256 number) {
        (Model storage m, Task storage t) = _model(modelId);
        (, number) = _turn(m, t);
    }

    /// @inheritdoc ITaskMarket
    function panel(uint256 modelId) external view returns (Seat[] memory seats) {
        (Model storage m,) = _model(modelId);
        (address[] memory accounts, uint256 counted, uint256 settled) = _panel(modelId, m);
        seats = new Seat[](accounts.length);
        for (uint256 i; i < seats.length; ++i) {
            seats[i] = Seat(accounts[i], counted >> i & 1 != 0, settled >> i & 1 != 0);
        }
    }

    /// @inheritdoc ITaskMarket
    function poolSlot(uint256 slot) external view returns (PoolSlot memory) {
        return _slot(slot);
    }

    /// @inheritdoc ITaskMarket
    function isInPool(address account) external view returns (bool) {
        return _slotNumber[account] != 0;
    }

    /// @inheritdoc ITaskMarket
    function counts() external view returns (Counts memory) {
        return _counts;
    }

    /// @inheritdoc ITaskMarket
    function domainSeparator() external view returns (bytes32) {
        return EvaluationSignature.domainSeparator();
    }
}
