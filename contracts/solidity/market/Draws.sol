// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../ITaskMarket.sol";
import {Lottery} from "../libraries/Lottery.sol";
import {Seats} from "../libraries/Seats.sol";
import {Books} from "./Books.sol";

/// @title Drawing panels
abstract contract Draws is Books {
    using Lottery for Lottery.Urn;

    /// @dev Slots of the pool that a draw may look up and find unusable before it settles for a smaller panel.
    uint256 private constant SPARE_DRAWS = 64;

    /// @dev Whom a draw passes over, and how many it wants.
    struct Wanted {
        uint256 seats;
        address contributor;
        address initiator;
        uint256 drawBlock;
        uint256 bond;
    }

    /// @inheritdoc ITaskMarket
    function drawPanel(uint256 modelId) external {
        (Model storage m, Task storage t) = _model(modelId);
        if (m.state != ModelState.Announced) revert WrongState(modelId, m.state);
        if (t.head != modelId) revert NotHead(modelId, t.head);
        (uint256 deadline, uint256 drawBlock_) = _turn(m, t);
        // slither-disable-next-line timestamp: windows last minutes
        if (block.timestamp >= deadline) revert DrawWindowOver(modelId, deadline);
        if (block.number <= drawBlock_) revert DrawBlockAhead(modelId, drawBlock_);

        bytes32 entropy = blockhash(drawBlock_);
        if (entropy == 0) {
            m.turnBlock = uint40(block.number);
            emit DrawArmed(modelId, block.number + 1);
            return;
        }
        Wanted memory wanted = Wanted(t.panelSize, m.contributor, t.initiator, drawBlock_, t.bonded ? t.bond : 0);
        uint256 found = _sample(modelId, m.poolLength, wanted, keccak256(abi.encode(entropy, modelId)));
        if (found < t.quorum) revert PoolTooSmall(found, t.quorum);
        _seat(modelId, m, t, found, wanted.bond);
    }

    /// @dev A model's turn begins when it is announced, or when the one before it is settled if that is later.
    /// @return deadline end of its draw window
    /// @return drawBlock_ block whose hash seats its panel: the one after its turn began
    function _turn(Model storage m, Task storage t) internal view returns (uint256 deadline, uint256 drawBlock_) {
        Model storage before = _models[t.lastSettled];
        (uint256 since, uint256 turnBlock) = (m.since, m.turnBlock);
        if (before.since > since) since = before.since;
        if (before.turnBlock > turnBlock) turnBlock = before.turnBlock;
        unchecked {
            deadline = since + t.drawWindow;
            drawBlock_ = turnBlock + 1;
        }
    }

    /// @dev What the next model of a task is fused with: what the one before it was, and that one if it counts.
    function _base(Task storage t) internal view returns (uint24 count, bytes32 digest) {
        Model storage before = _models[t.lastSettled];
        (count, digest) = (before.baseCount, before.baseDigest);
        bool counts_ =
            before.state == ModelState.Rewarded || (before.state == ModelState.Rejected && t.base == Base.Announced);
        if (counts_ && t.fitness != FitnessKind.Standalone) {
            ++count;
            digest = keccak256(abi.encode(digest, before.cidDigest));
        }
    }

    function _fixBase(Model storage m, Task storage t) internal returns (uint24 count, bytes32 digest) {
        (count, digest) = _base(t);
        m.baseCount = count;
        if (count != 0) m.baseDigest = digest;
    }

    /// @dev Seats eligible slots in random order until the panel is full, the pool is used up or the draws are.
    function _sample(uint256 modelId, uint256 size, Wanted memory wanted, bytes32 seed)
        private
        returns (uint256 found)
    {
        uint256 draws = size < wanted.seats + SPARE_DRAWS ? size : wanted.seats + SPARE_DRAWS;
        Lottery.Urn memory urn = Lottery.fill(seed, size, draws);
        uint256 word;
        // The counters stay between 0 and their first limits.
        unchecked {
            for (; draws != 0 && found < wanted.seats; --draws) {
                uint256 slot = urn.draw();
                if (!_take(slot, wanted)) continue;
                uint256 place = found % Seats.PER_WORD;
                word = Seats.give(place == 0 ? 0 : word, place, slot);
                if (place == Seats.PER_WORD - 1) _seats[modelId][found / Seats.PER_WORD] = word;
                ++found;
            }
            if (found % Seats.PER_WORD != 0) _seats[modelId][found / Seats.PER_WORD] = word;
        }
    }

    /// @dev Locks the bond for a slot if it may sit on this panel.
    function _take(uint256 slot, Wanted memory wanted) private returns (bool) {
        PoolSlot storage entry = _pool[slot];
        (address account, uint256 leftBlock) = (entry.account, entry.leftBlock);
        if (account == wanted.contributor || account == wanted.initiator) return false;
        // Who leaves later may know the hash; she stays in the draw, so that nobody steers it by leaving.
        if (leftBlock != 0 && leftBlock <= wanted.drawBlock) return false;
        if (wanted.bond == 0) return true;
        if (entry.stake - entry.locked < wanted.bond) return false;
        entry.locked += uint128(wanted.bond);
        return true;
    }

    function _seat(uint256 modelId, Model storage m, Task storage t, uint256 seats, uint256 bond) private {
        (uint24 baseCount, bytes32 baseDigest) = _fixBase(m, t);
        m.since = uint40(block.timestamp);
        m.seats = uint16(seats);
        m.state = ModelState.Evaluating;
        (address[] memory accounts,,) = _panel(modelId, m);
        emit PanelDrawn(modelId, m.taskId, accounts, baseCount, baseDigest, _deadlines(m, t), bond);
    }

    function _slotOf(uint256 modelId, uint256 seat) internal view returns (uint256) {
        return Seats.slotAt(_seats[modelId][seat / Seats.PER_WORD], seat % Seats.PER_WORD);
    }

    /// @dev Who holds the seats of a model, and flags, the first seat's lowest, of those counted and those settled.
    function _panel(uint256 modelId, Model storage m)
        internal
        view
        returns (address[] memory accounts, uint256 counted, uint256 settled)
    {
        accounts = new address[](m.seats);
        uint256[SEAT_WORDS] storage words = _seats[modelId];
        uint256 word = 0;
        uint256 size = accounts.length;
        for (uint256 i; i < size; ++i) {
            uint256 place = i % Seats.PER_WORD;
            if (place == 0) {
                word = words[i / Seats.PER_WORD];
                counted |= Seats.counted(word) << i;
                settled |= Seats.settled(word) << i;
            }
            accounts[i] = _pool[Seats.slotAt(word, place)].account;
        }
    }
}
