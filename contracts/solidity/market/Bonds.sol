// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Margins} from "../libraries/Margins.sol";
import {MerkleProof} from "../libraries/MerkleProof.sol";
import {Seats} from "../libraries/Seats.sol";
import {Settlements} from "./Settlements.sol";

/// @title Settling the seats of bonded tasks, and planted tests
/// @dev   Each seat is settled by a call of its own, so that no panel is too large to settle.
abstract contract Bonds is Settlements {
    /// @inheritdoc ITaskMarket
    function settleSeat(uint256 modelId, uint256 seat) external {
        (Model storage m, Task storage t) = _settled(modelId);
        if (!t.bonded) revert NotBonded(m.taskId);
        if (seat >= m.seats) revert NotSeated(address(0), seat);
        uint256 until = _plantDeadline(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp < until) revert SeatLocked(modelId, until);
        uint256 word = _seats[modelId][seat / Seats.PER_WORD];
        uint256 place = seat % Seats.PER_WORD;
        if (Seats.settled(word) >> place & 1 != 0) revert SeatAlreadySettled(modelId, seat);
        _seats[modelId][seat / Seats.PER_WORD] = Seats.settle(word, place);

        PoolSlot storage entry = _pool[Seats.slotAt(word, place)];
        SeatOutcome outcome = _outcome(modelId, m, t, seat, Seats.counted(word) >> place & 1 != 0);
        uint256 lost = outcome == SeatOutcome.Silent || outcome == SeatOutcome.Slashed ? t.bond : 0;
        // What is locked for a seat was found in its stake by the draw, and leaves it here only.
        unchecked {
            entry.locked -= t.bond;
            entry.stake -= uint128(lost);
            burnt += lost;
        }
        address verifier = entry.account;
        emit SeatSettled(modelId, verifier, outcome, seat, lost);
        if (outcome == SeatOutcome.Paid) {
            t.reserved -= t.verifierFee;
            _credit(verifier, m.taskId, modelId, t.verifierFee, CreditReason.VerifierFee);
        } else if (outcome == SeatOutcome.Slashed) {
            _release(t, m.taskId, modelId, t.verifierFee, 0);
        }
    }

    /// @inheritdoc ITaskMarket
    function revealPlant(uint256 modelId, uint256 plantBps, bytes32 salt, bytes32[] calldata proof) external {
        (Model storage m, Task storage t) = _settled(modelId);
        uint256 deadline = _plantDeadline(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp >= deadline) revert PlantWindowOver(modelId, deadline);
        if (m.plantMark != 0) revert PlantAlreadyRevealed(modelId);
        bytes32 leaf = keccak256(abi.encode(m.cidDigest, plantBps, salt));
        if (plantBps > uint256(FULL_BPS) || !MerkleProof.isValid(proof, t.plantRoot, leaf)) revert NotAPlant(modelId);

        int256 median = Margins.median(_keptMargins(modelId, m));
        bool agreed = _isNear(median, plantBps, t.plantToleranceBps);
        if (agreed) m.plantMark = uint16(plantBps + 1);
        emit PlantRevealed(modelId, msg.sender, plantBps, median, agreed);
    }

    /// @dev Who said that a model is unreadable or a copy measured nothing that a plant could contradict.
    function _outcome(uint256 modelId, Model storage m, Task storage t, uint256 seat, bool counted)
        private
        view
        returns (SeatOutcome)
    {
        if (!counted) {
            bool committed = _commitments[modelId][seat] != 0;
            return committed && m.state == ModelState.Void ? SeatOutcome.Excused : SeatOutcome.Silent;
        }
        if (m.plantMark == 0) return SeatOutcome.Paid;
        int256 margin = _marginOf(modelId, seat);
        bool fits = margin == Margins.UNMEASURED || _isNear(margin, m.plantMark - 1, t.plantToleranceBps);
        return fits ? SeatOutcome.Paid : SeatOutcome.Slashed;
    }

    function _isNear(int256 measured, uint256 plantBps, uint256 tolerance) private pure returns (bool) {
        int256 distance = measured - int256(plantBps);
        return distance <= int256(tolerance) && -distance <= int256(tolerance);
    }

    function _plantDeadline(Model storage m, Task storage t) private view returns (uint256) {
        unchecked {
            return uint256(m.since) + t.plantWindow;
        }
    }

    function _settled(uint256 modelId) private view returns (Model storage m, Task storage t) {
        (m, t) = _model(modelId);
        if (m.state <= ModelState.Evaluating) revert WrongState(modelId, m.state);
    }
}
