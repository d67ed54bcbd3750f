// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract PoolTest is MarketFixture {
    function setUp() public {
        openMarket();
    }

    function refusedReclaim(uint256 slot, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.reclaimStake, (slot)), reason);
    }

    function stillBound(uint256 slot, uint256 freeBlock) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITaskMarket.StakeStillBound.selector, slot, freeBlock);
    }

    // --------------------------------------------------------------- joining

    function test_joining_takes_the_next_slot() public {
        expect();
        emit ITaskMarket.PoolJoined(carol, 0, 0, "carol's key");
        vm.prank(carol);
        market.joinPool("carol's key");
        expect();
        emit ITaskMarket.PoolJoined(dave, 1, 77, "");
        join(dave, 77);
        vm.assertEq(market.counts().poolLength, 2);
        vm.assertTrue(market.isInPool(carol) && market.isInPool(dave) && !market.isInPool(stranger));
        ITaskMarket.PoolSlot memory slot = market.poolSlot(0);
        vm.assertEq(slot.account, carol);
        vm.assertEq(uint256(slot.leftBlock) + slot.stake + slot.locked, 0);
        slot = market.poolSlot(1);
        vm.assertEq(slot.account, dave);
        vm.assertEq(slot.stake, 77);
        vm.assertEq(uint256(slot.leftBlock) + slot.locked, 0);
        vm.assertEq(address(market).balance, 77);
    }

    function test_nobody_joins_twice() public {
        join(carol, 0);
        join(dave, 0);
        bytes memory input = abi.encodeCall(market.joinPool, (""));
        refused(carol, input, abi.encodeWithSelector(ITaskMarket.AlreadyInPool.selector, carol, 0));
        refused(dave, 1, input, abi.encodeWithSelector(ITaskMarket.AlreadyInPool.selector, dave, 1));
    }

    function test_a_public_key_has_at_most_256_bytes() public {
        refused(
            carol,
            abi.encodeCall(market.joinPool, (new bytes(257))),
            abi.encodeWithSelector(ITaskMarket.KeyLengthOutOfRange.selector, 257, 256)
        );
        vm.prank(carol);
        market.joinPool(new bytes(256));
    }

    function test_a_stake_fits_into_88_bits() public {
        uint256 most = type(uint88).max;
        vm.deal(carol, most + 1);
        refused(
            carol,
            most + 1,
            abi.encodeCall(market.joinPool, ("")),
            abi.encodeWithSelector(ITaskMarket.AmountTooLarge.selector, most + 1, most)
        );
        join(carol, most);
        vm.assertEq(market.poolSlot(0).stake, most);
    }

    function test_a_slot_nobody_took_is_unknown() public {
        bytes memory reason = abi.encodeWithSelector(ITaskMarket.UnknownSlot.selector, 0);
        refused(stranger, abi.encodeCall(market.poolSlot, (0)), reason);
        refusedReclaim(0, reason);
    }

    // --------------------------------------------------------------- leaving

    function test_leaving_is_noted_with_its_block() public {
        join(dave, 0);
        join(carol, 5);
        mine(3);
        expect();
        emit ITaskMarket.PoolLeft(carol, 1);
        quit(carol);
        vm.assertTrue(!market.isInPool(carol));
        vm.assertEq(market.poolSlot(1).leftBlock, block.number);
        vm.assertEq(market.poolSlot(1).account, carol);
        vm.assertEq(market.poolSlot(1).stake, 5);
        vm.assertEq(market.poolSlot(0).leftBlock, 0);
        vm.assertEq(market.counts().poolLength, 2);
    }

    function test_only_who_is_there_leaves() public {
        bytes memory input = abi.encodeCall(market.leavePool, ());
        bytes memory reason = abi.encodeWithSelector(ITaskMarket.NotInPool.selector, carol);
        refused(carol, input, reason);
        join(carol, 0);
        quit(carol);
        refused(carol, input, reason);
    }

    function test_who_comes_back_gets_a_new_slot() public {
        join(carol, 5);
        quit(carol);
        expect();
        emit ITaskMarket.PoolJoined(carol, 1, 6, "");
        join(carol, 6);
        vm.assertTrue(market.isInPool(carol));
        vm.assertEq(market.poolSlot(0).leftBlock, block.number);
        vm.assertEq(market.poolSlot(0).stake, 5);
        vm.assertEq(market.poolSlot(1).leftBlock, 0);
        vm.assertEq(market.poolSlot(1).stake, 6);
    }

    // ------------------------------------------------------------- reclaiming

    function test_a_stake_is_free_256_blocks_after_leaving() public {
        join(carol, 50);
        refusedReclaim(0, stillBound(0, type(uint256).max));
        quit(carol);
        uint256 freeBlock = block.number + 256;
        refusedReclaim(0, stillBound(0, freeBlock));
        vm.roll(freeBlock - 1);
        refusedReclaim(0, stillBound(0, freeBlock));
        vm.roll(freeBlock);
        expect();
        emit ITaskMarket.StakeReclaimed(carol, 0, 50);
        expect();
        emit ITaskMarket.Credited(carol, 0, 0, 50, ITaskMarket.CreditReason.Stake);
        vm.prank(stranger);
        market.reclaimStake(0);
        vm.assertEq(market.credit(carol), 50);
        vm.assertEq(market.credit(stranger), 0);
        vm.assertEq(market.poolSlot(0).stake, 0);
        refusedReclaim(0, abi.encodeWithSelector(ITaskMarket.NothingToReclaim.selector, 0));
    }

    function test_without_a_stake_there_is_nothing_to_reclaim() public {
        join(carol, 0);
        quit(carol);
        vm.roll(block.number + 256);
        refusedReclaim(0, abi.encodeWithSelector(ITaskMarket.NothingToReclaim.selector, 0));
    }

    function test_coming_back_does_not_bind_the_old_stake_again() public {
        join(carol, 50);
        quit(carol);
        join(carol, 60);
        vm.roll(block.number + 256);
        market.reclaimStake(0);
        refusedReclaim(1, stillBound(1, type(uint256).max));
        vm.assertEq(market.credit(carol), 50);
    }

    function test_what_is_locked_stays_until_its_seat_is_settled() public {
        address[] memory joined = verifiers(3, BOND + 1);
        uint256 modelId = drawn(post(bondedTerms()));
        quit(joined[0]);
        vm.roll(block.number + 256);
        expect();
        emit ITaskMarket.StakeReclaimed(joined[0], 0, 1);
        market.reclaimStake(0);
        refusedReclaim(0, abi.encodeWithSelector(ITaskMarket.NothingToReclaim.selector, 0));
        vm.assertEq(market.poolSlot(0).stake, BOND);
        vm.assertEq(market.poolSlot(0).locked, BOND);

        settle(modelId, votes(9_000, 9_000, 9_000));
        for (uint256 seat; seat < 3; ++seat) {
            market.settleSeat(modelId, seat);
        }
        market.reclaimStake(0);
        vm.assertEq(market.credit(joined[0]), 1 + BOND + FEE);
    }

    function testFuzz_a_stake_comes_back_whole(uint88 stake, uint256 wait) public {
        stake = uint88(bound(stake, 1, type(uint88).max));
        vm.deal(carol, stake);
        join(carol, stake);
        quit(carol);
        vm.roll(block.number + bound(wait, 256, 1 << 32));
        market.reclaimStake(0);
        market.withdrawFor(carol);
        vm.assertEq(carol.balance, stake);
        vm.assertEq(address(market).balance, 0);
    }
}
