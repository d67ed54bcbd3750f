// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../../solidity/ITaskMarket.sol";
import {PanelHandler} from "./PanelHandler.sol";

/// @title The rows that panels sign and that oracles and others bring: good ones, and bad ones of every kind
abstract contract Rows is PanelHandler {
    enum Flaw {
        WrongModel,
        OtherModel,
        NoSeat,
        WrongBase,
        Fitness,
        Reference,
        Copy,
        Forged,
        Garbled,
        Tampered,
        Parity,
        None
    }

    /// @dev Up to the whole panel, some of it twice. A row that must not be counted has no seat beside it.
    function _rows(uint256 modelId, uint256 seed)
        internal
        view
        returns (ITaskMarket.Row[] memory rows, uint256[] memory seats)
    {
        uint256 panel = _seats[modelId].length;
        rows = new ITaskMarket.Row[](panel == 0 || seed % 16 == 0 ? 0 : panel + seed % 3);
        seats = new uint256[](rows.length);
        bool lazy = (seed >> 8) % 4 == 0;
        for (uint256 i; i < rows.length; ++i) {
            uint256 seat = (i + (seed >> 16)) % panel;
            if (lazy) seat /= 2;
            bool sound;
            (rows[i], sound) = _rowBrought(modelId, seat, _mix(seed + i));
            seats[i] = sound ? seat : type(uint256).max;
        }
    }

    /// @dev What someone brings for a seat: where the task has commitments, what was committed to, or something else.
    function _rowBrought(uint256 modelId, uint256 seat, uint256 seed)
        internal
        view
        returns (ITaskMarket.Row memory row, bool sound)
    {
        SeatBook storage s = _seats[modelId][seat];
        if (_terms[_models[modelId].taskId].revealWindow == 0) return _rowOf(modelId, seat, seed);
        if (!s.committed) {
            (row,) = _rowOf(modelId, seat, seed);
            return (row, false);
        }
        (row, sound) = (s.row, s.sound);
        if (seed % 12 == 0) (row.salt, sound) = (keccak256(abi.encode(row.salt)), false);
        if (seed % 12 == 1) (row.fitnessBps, sound) = (row.fitnessBps == 0 ? int32(1) : int32(0), false);
    }

    /// @dev What a verifier signs, mostly as she should.
    function _rowOf(uint256 modelId, uint256 seat, uint256 seed)
        internal
        view
        returns (ITaskMarket.Row memory row, bool sound)
    {
        ModelBook storage m = _models[modelId];
        row.modelId = modelId;
        row.verifier = _seats[modelId][seat].verifier;
        row.baseDigest = m.baseDigest;
        row.salt = bytes32(seed);
        (row.fitnessBps, row.referenceBps) = _measure(modelId, seed);
        Flaw flaw = Flaw.None;
        if (seed % 4 == 0) flaw = Flaw((seed >> 8) % 12);
        sound = flaw == Flaw.None;
        _spoil(row, flaw, modelId, seed >> 16);
        if (!_sign(row, flaw == Flaw.Forged)) sound = false;
        if (flaw == Flaw.Garbled) row.r = keccak256(abi.encode(row.r));
        if (flaw == Flaw.Tampered) row.fitnessBps = row.fitnessBps == 0 ? int32(1) : int32(0);
        if (flaw == Flaw.Parity) row.vs ^= bytes32(uint256(1) << 255);
    }

    function _spoil(ITaskMarket.Row memory row, Flaw flaw, uint256 modelId, uint256 seed) private view {
        uint256 other = 1 + seed % (_models.length - 1);
        if (other == modelId) other += 1 << 40;
        bool measured = _hasReference(modelId);
        if (flaw == Flaw.WrongModel) row.modelId = other;
        if (flaw == Flaw.OtherModel) row.modelId = other;
        if (flaw == Flaw.OtherModel && other < _models.length) row.baseDigest = _models[other].baseDigest;
        if (flaw == Flaw.NoSeat) row.verifier = _stranger(modelId, seed);
        if (flaw == Flaw.WrongBase) row.baseDigest = keccak256(abi.encode(row.baseDigest));
        if (flaw == Flaw.Fitness) row.fitnessBps = [int32(10_001), -3, type(int32).max, type(int32).min][seed % 4];
        if (flaw == Flaw.Reference) row.referenceBps = seed % 2 == 0 ? -1 : measured ? int32(10_001) : int32(1);
        if (flaw == Flaw.Reference && row.fitnessBps < 0) row.fitnessBps = 0;
        if (flaw == Flaw.Copy) row.fitnessBps = -2;
        if (flaw == Flaw.Copy) row.referenceBps = seed % 2 == 0 ? int32(0) : int32(uint32(_models[modelId].index));
    }

    /// @dev Around MAFR, where most of a panel agree; around the plant; at the ends; or no measurement.
    function _measure(uint256 modelId, uint256 seed) private view returns (int32 fitness, int32 ref) {
        ModelBook storage m = _models[modelId];
        ITaskMarket.Terms storage t = _terms[m.taskId];
        uint256 choice = (seed >> 64) % 16;
        if (choice == 0) return (-1, 0);
        if (choice == 1 && m.index > 1) return (-2, int32(uint32(1 + seed % (m.index - 1))));
        if (_hasReference(modelId)) ref = int32(uint32(4_000 + seed % 3));
        if (choice == 2) return (10_000, ref);
        if (choice == 3) return (0, ref);
        int256 margin = t.mafrBps;
        if (t.plantRoot != 0 && m.index <= PLANTS) {
            margin = int256(_plantBps(m.index));
            uint256 tolerance = t.plantToleranceBps;
            if (choice == 4) margin += int256(tolerance + 1);
            else if (choice == 5) margin -= int256(tolerance + 1);
            else if (choice == 6) margin += int256(tolerance);
            else if (choice == 7) margin -= int256(tolerance);
        } else if (choice < 6 || uint256(keccak256(abi.encode(modelId))) % 3 != 0) {
            margin += choice < 12 ? int256(1) : int256(150);
        }
        fitness = int32(int256(ref) + margin);
    }

    function _hasReference(uint256 modelId) private view returns (bool) {
        ITaskMarket.FitnessKind kind = _terms[_models[modelId].taskId].fitness;
        return kind == ITaskMarket.FitnessKind.Gain || kind == ITaskMarket.FitnessKind.RandomControl;
    }

    function _marginOf(ITaskMarket.Row memory row) internal pure returns (int256) {
        return row.fitnessBps < 0 ? int256(type(int16).min) : int256(row.fitnessBps) - row.referenceBps;
    }

    /// @dev Someone who can sign and has no seat.
    function _stranger(uint256 modelId, uint256 seed) private view returns (address who) {
        for (uint256 i; i < SIGNERS; ++i) {
            who = _people[(seed + i) % SIGNERS];
            bool seated;
            for (uint256 j; j < _seats[modelId].length; ++j) {
                if (_seats[modelId][j].verifier == who) seated = true;
            }
            if (!seated) return who;
        }
        revert("everyone has a seat");
    }
}
