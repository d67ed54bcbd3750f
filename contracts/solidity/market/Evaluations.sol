// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {EvaluationSignature} from "../libraries/EvaluationSignature.sol";
import {Margins} from "../libraries/Margins.sol";
import {Seats} from "../libraries/Seats.sol";
import {Draws} from "./Draws.sol";

/// @title Committing, revealing and counting evaluations
abstract contract Evaluations is Draws {
    /// @dev What counting needs for each row, read from storage once, and what it adds up.
    /// @param commits whether a row must open a commitment
    /// @param panel who holds the seats
    /// @param margins of the counted seats, by seat
    /// @param counted flags of the seats whose evaluation was counted, the first seat's lowest
    /// @param before these flags as they were in storage
    struct Tally {
        uint256 taskId;
        uint256 index;
        bytes32 domain;
        FitnessKind fitness;
        bool commits;
        bool bonded;
        int256 mafrBps;
        uint256 fee;
        address[] panel;
        int256[] margins;
        uint256 counted;
        uint256 before;
        uint256 reports;
        uint256 passes;
    }

    int256 private constant UNREADABLE = -1;
    int256 private constant COPY = -2;

    /// @inheritdoc ITaskMarket
    function commitEvaluation(uint256 modelId, uint256 seat, bytes32 commitment) external {
        (Model storage m, Task storage t) = _evaluating(modelId);
        if (t.revealWindow == 0 || commitment == 0) revert CommitmentNotAsked(modelId);
        uint256 deadline = _deadlines(m, t).evaluation;
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp >= deadline) revert EvaluationWindowOver(modelId, deadline);
        if (seat >= m.seats || _pool[_slotOf(modelId, seat)].account != msg.sender) {
            revert NotSeated(msg.sender, seat);
        }
        if (_commitments[modelId][seat] != 0) revert AlreadyCommitted(modelId, seat);
        _commitments[modelId][seat] = commitment;
        emit EvaluationCommitted(modelId, msg.sender, commitment);
    }

    /// @inheritdoc ITaskMarket
    function revealEvaluation(Row calldata row) external {
        uint256 modelId = row.modelId;
        (Model storage m, Task storage t) = _evaluating(modelId);
        Deadlines memory ends = _deadlines(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp < ends.evaluation || block.timestamp >= ends.reveal) {
            revert RevealWindowClosed(modelId, ends.evaluation, ends.reveal);
        }
        (Tally memory tally, EvaluationSignature.Evaluation memory said) = _open(modelId, m, t);
        SkipReason reason = _countRow(row, tally, said);
        if (reason != SkipReason.None) revert RowRefused(reason);
        _close(modelId, m, t, tally, true);
    }

    /// @dev Everything that rows are judged by, with what was counted before.
    function _open(uint256 modelId, Model storage m, Task storage t)
        internal
        view
        returns (Tally memory tally, EvaluationSignature.Evaluation memory said)
    {
        tally.taskId = m.taskId;
        tally.index = m.index;
        tally.domain = EvaluationSignature.domainSeparator();
        tally.fitness = t.fitness;
        tally.commits = t.revealWindow != 0;
        tally.bonded = t.bonded;
        tally.mafrBps = t.mafrBps;
        tally.fee = t.verifierFee;
        (tally.panel, tally.counted,) = _panel(modelId, m);
        tally.before = tally.counted;
        tally.margins = new int256[](tally.panel.length);
        if (tally.counted != 0) _loadMargins(modelId, tally.margins);
        said.typeHash = EvaluationSignature.EVALUATION_TYPEHASH;
        said.modelId = modelId;
        if (m.baseCount != 0) said.baseDigest = m.baseDigest;
    }

    /// @dev Writes down what was added since `_open`.
    /// @param keep whether a later call needs the margins
    function _close(uint256 modelId, Model storage m, Task storage t, Tally memory tally, bool keep) internal {
        _flag(modelId, tally.counted & ~tally.before);
        if (keep || tally.bonded) _keepMargins(modelId, tally);
        m.reports += uint16(tally.reports);
        m.passes += uint16(tally.passes);
        // The fees of a bonded task wait for the seats to be settled.
        if (!tally.bonded) t.reserved -= uint88(tally.reports * tally.fee);
    }

    /// @param said holds what is the same in each good row; the rest is filled in from this one
    function _countRow(Row calldata row, Tally memory tally, EvaluationSignature.Evaluation memory said)
        internal
        returns (SkipReason)
    {
        (address verifier, int256 fitnessBps, int256 referenceBps) = (row.verifier, row.fitnessBps, row.referenceBps);
        (said.verifier, said.fitnessBps, said.referenceBps) = (verifier, fitnessBps, referenceBps);
        (SkipReason reason, uint256 seat) = _judge(row, tally, said);
        if (reason != SkipReason.None) return reason;

        // Rates lie within ±FULL_BPS and there are at most MAX_PANEL_SIZE seats.
        unchecked {
            int256 margin = fitnessBps < 0 ? Margins.UNMEASURED : fitnessBps - referenceBps;
            bool passed = margin > tally.mafrBps;
            tally.margins[seat] = margin;
            tally.counted |= 1 << seat;
            ++tally.reports;
            if (passed) ++tally.passes;
            emit EvaluationCounted(said.modelId, verifier, row.fitnessBps, row.referenceBps, passed);
        }
        if (!tally.bonded) _credit(verifier, tally.taskId, said.modelId, tally.fee, CreditReason.VerifierFee);
        return SkipReason.None;
    }

    /// @dev The signature comes last because it costs most.
    function _judge(Row calldata row, Tally memory tally, EvaluationSignature.Evaluation memory said)
        private
        view
        returns (SkipReason reason, uint256 seat)
    {
        if (row.modelId != said.modelId) return (SkipReason.WrongModel, 0);
        seat = _find(said.verifier, tally.panel, tally.reports);
        if (seat == tally.panel.length) return (SkipReason.NoSeat, 0);
        if (tally.counted >> seat & 1 != 0) return (SkipReason.AlreadyCounted, 0);
        if (row.baseDigest != said.baseDigest) return (SkipReason.WrongBase, 0);
        if (said.fitnessBps < COPY || said.fitnessBps > FULL_BPS) return (SkipReason.FitnessOutOfRange, 0);
        if (!_isReference(said.referenceBps, said.fitnessBps, tally)) return (SkipReason.ReferenceOutOfRange, 0);
        bytes32 digest = EvaluationSignature.digest(said, tally.domain);
        if (tally.commits && _commitments[said.modelId][seat] != keccak256(abi.encode(digest, row.salt))) {
            return (SkipReason.NotCommitted, 0);
        }
        if (!EvaluationSignature.isValid(digest, said.verifier, row.r, row.vs)) reason = SkipReason.BadSignature;
    }

    /// @dev A copy names an earlier model of the task; only some kinds of fitness have a reference.
    function _isReference(int256 referenceBps, int256 fitnessBps, Tally memory tally) private pure returns (bool) {
        if (fitnessBps == COPY) return referenceBps > 0 && referenceBps < int256(tally.index);
        bool none = fitnessBps == UNREADABLE || tally.fitness == FitnessKind.Accuracy
            || tally.fitness == FitnessKind.Standalone;
        return referenceBps >= 0 && referenceBps <= (none ? int256(0) : FULL_BPS);
    }

    /// @param likely the seat to look at first, so that rows in the order of the seats are found at once
    /// @return seat the verifier's, or the number of seats if she has none
    function _find(address verifier, address[] memory seats, uint256 likely) private pure returns (uint256 seat) {
        // slither-disable-next-line assembly: the innermost loop of every count
        assembly ("memory-safe") {
            let size := mload(seats)
            let first := add(seats, 32)
            seat := likely
            if or(iszero(lt(seat, size)), xor(mload(add(first, shl(5, seat))), verifier)) {
                for { seat := 0 } lt(seat, size) { seat := add(seat, 1) } {
                    if eq(mload(add(first, shl(5, seat))), verifier) { break }
                }
            }
        }
    }

    /// @dev Remembers which seats were counted; a word is written only if one of its seats was.
    function _flag(uint256 modelId, uint256 flags) private {
        uint256[SEAT_WORDS] storage words = _seats[modelId];
        for (uint256 i; flags != 0; ++i) {
            uint256 own = flags & ((1 << Seats.PER_WORD) - 1);
            if (own != 0) words[i] = Seats.count(words[i], own);
            flags >>= Seats.PER_WORD;
        }
    }

    function _marginOf(uint256 modelId, uint256 seat) internal view returns (int256) {
        return Margins.marginAt(_margins[modelId][seat / Margins.PER_WORD], seat % Margins.PER_WORD);
    }

    function _loadMargins(uint256 modelId, int256[] memory margins) internal view {
        for (uint256 seat; seat < margins.length; ++seat) {
            margins[seat] = _marginOf(modelId, seat);
        }
    }

    function _keepMargins(uint256 modelId, Tally memory tally) private {
        uint256 word = 0;
        uint256 size = tally.margins.length;
        for (uint256 seat; seat < size;) {
            uint256 place = seat % Margins.PER_WORD;
            word = Margins.put(place == 0 ? 0 : word, place, tally.margins[seat]);
            // There are at most MAX_PANEL_SIZE seats.
            unchecked {
                ++seat;
            }
            if (seat == size || seat % Margins.PER_WORD == 0) _margins[modelId][(seat - 1) / Margins.PER_WORD] = word;
        }
    }
}
