// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Books} from "./Books.sol";

/// @title Posting, topping up and closing tasks
abstract contract Tasks is Books {
    /// @dev Seconds that a seat of a bonded task has at least to evaluate, and again to reveal: nobody shall lose a bond
    ///      because there was no time to speak.
    uint256 private constant BONDED_WINDOW = 60;

    /// @inheritdoc ITaskMarket
    function postTask(Terms calldata terms) external payable returns (uint256 taskId) {
        _checkTerms(terms);
        taskId = ++_counts.tasks;
        Task storage t = _tasks[taskId];
        t.oracle = terms.oracle;
        t.evaluationWindow = terms.evaluationWindow;
        t.tallyWindow = terms.tallyWindow;
        t.mafrBps = terms.mafrBps;
        t.panelSize = uint8(terms.panelSize);
        t.quorum = uint8(terms.quorum);
        t.rule = terms.rule;
        t.initiator = msg.sender;
        t.deadline = terms.deadline;
        t.drawWindow = terms.drawWindow;
        t.modelReward = terms.modelReward;
        t.verifierFee = terms.verifierFee;
        t.oracleFee = terms.oracleFee;
        t.unreserved = _amount(msg.value);
        t.termsDigest = _emitPosted(taskId);
        // The paper's market leaves all of these at zero, where writing would cost gas and change nothing.
        if (terms.keyWindow != 0) t.keyWindow = terms.keyWindow;
        if (terms.revealWindow != 0) t.revealWindow = terms.revealWindow;
        if (terms.fitness != FitnessKind.Accuracy) t.fitness = terms.fitness;
        if (terms.base != Base.Announced) t.base = terms.base;
        if (terms.access != Access.Public) t.access = terms.access;
        if (terms.bond != 0) {
            t.bonded = true;
            t.bond = terms.bond;
            t.plantWindow = terms.plantWindow;
            t.plantToleranceBps = terms.plantToleranceBps;
            if (terms.plantRoot != 0) t.plantRoot = terms.plantRoot;
        }
    }

    /// @inheritdoc ITaskMarket
    function topUp(uint256 taskId) external payable {
        Task storage t = _openTask(taskId);
        t.unreserved = _amount(t.unreserved + msg.value);
        emit TaskToppedUp(taskId, msg.sender, msg.value);
    }

    /// @inheritdoc ITaskMarket
    function closeTask(uint256 taskId) external {
        Task storage t = _openTask(taskId);
        // slither-disable-next-line timestamp: the deadline is minutes or more away
        if (msg.sender != t.initiator && block.timestamp < t.deadline) revert NotInitiator(msg.sender, t.initiator);
        uint256 returned = t.unreserved;
        t.state = TaskState.Closed;
        t.unreserved = 0;
        emit TaskClosed(taskId, msg.sender, returned);
        _credit(t.initiator, taskId, 0, returned, CreditReason.Refund);
    }

    /// @dev TaskPosted with the terms as they lie in the call data: those bytes were just read and found well-formed,
    ///      and encoding two dozen fields anew would take a tenth of the contract's code.
    /// @return digest of the terms
    function _emitPosted(uint256 taskId) private returns (bytes32 digest) {
        bytes32 topic = TaskPosted.selector;
        uint256 offset;
        // slither-disable-next-line assembly: reads the offset that the ABI decoder follows
        assembly ("memory-safe") {
            offset := calldataload(4)
        }
        if (offset != 32) revert MalformedTerms(offset);
        assembly ("memory-safe") {
            let data := mload(0x40)
            // The only argument begins after the selector and its offset.
            let size := sub(calldatasize(), 36)
            mstore(data, 64)
            mstore(add(data, 32), callvalue())
            calldatacopy(add(data, 64), 36, size)
            digest := keccak256(add(data, 64), size)
            log3(data, add(size, 64), topic, taskId, caller())
        }
    }

    function _checkTerms(Terms calldata terms) private view {
        _checkCid(terms.specCid);
        _checkCid(terms.dataCid);
        _checkKey(terms.accessKey);
        if (terms.oracle == address(0)) revert ZeroOracle();
        if (terms.rule.code.length == 0) revert RuleWithoutCode(terms.rule);
        if (terms.mafrBps < -FULL_BPS || terms.mafrBps > FULL_BPS) revert MafrOutOfRange(terms.mafrBps);
        if (terms.panelSize == 0 || terms.panelSize > MAX_PANEL_SIZE) {
            revert PanelSizeOutOfRange(terms.panelSize, MAX_PANEL_SIZE);
        }
        if (terms.quorum == 0 || terms.quorum > terms.panelSize) {
            revert QuorumOutOfRange(terms.quorum, terms.panelSize);
        }
        // slither-disable-next-line timestamp: the deadline is minutes or more away
        if (terms.deadline <= block.timestamp) revert DeadlinePassed(terms.deadline, block.timestamp);
        if (terms.drawWindow == 0 || terms.evaluationWindow == 0 || terms.tallyWindow == 0) {
            revert ZeroWindow(terms.drawWindow, terms.evaluationWindow, terms.tallyWindow);
        }
        bool isSealed = terms.access != Access.Public;
        if (isSealed != (terms.accessKey.length != 0) || (isSealed && terms.keyWindow == 0)) {
            revert WrongAccessTerms(terms.access, terms.accessKey.length, terms.keyWindow);
        }
        if (terms.bond != 0 && (terms.evaluationWindow < BONDED_WINDOW || terms.revealWindow < BONDED_WINDOW)) {
            revert BondNeedsTime(terms.bond, BONDED_WINDOW);
        }
        _checkPlants(terms);
        unchecked {
            _amount(uint256(terms.modelReward) + uint256(terms.verifierFee) * terms.panelSize + terms.oracleFee);
        }
    }

    /// @dev With a root everything that plants need; without one nothing that would only delay.
    function _checkPlants(Terms calldata terms) private pure {
        bool planted = terms.plantRoot != 0;
        if (
            planted != (terms.plantWindow != 0)
                || (planted && (terms.bond == 0 || terms.fitness != FitnessKind.Standalone))
                || terms.plantToleranceBps > uint256(FULL_BPS)
        ) {
            revert WrongPlantTerms(terms.fitness, terms.bond, terms.plantWindow, terms.plantToleranceBps);
        }
    }
}
