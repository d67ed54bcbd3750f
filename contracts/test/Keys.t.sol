// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "../solidity/ITaskMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

contract KeysTest is MarketFixture {
    uint256 private taskId;

    function setUp() public {
        openMarket();
        verifiers(5, 0);
        taskId = post(sealedTerms());
    }

    function drawnSealed(uint256 task) private returns (uint256 modelId) {
        modelId = announceSealed(task, carol);
        draw(modelId);
    }

    function throughSealed(uint256 task, address contributor, int32 fitness) private returns (uint256 modelId) {
        modelId = announceSealed(task, contributor);
        draw(modelId);
        settle(modelId, votes(fitness, fitness, fitness));
    }

    // -------------------------------------------------------------- delivery

    function refusedDelivery(address by_, uint256 modelId, bytes memory keys, bytes memory reason) private {
        refused(by_, abi.encodeCall(market.deliverKeys, (modelId, keys)), reason);
    }

    function test_contributor_and_initiator_hand_keys_to_the_panel() public {
        uint256 modelId = drawnSealed(taskId);
        address[2] memory holders = [carol, initiator];
        for (uint256 i; i < 2; ++i) {
            expect();
            emit ITaskMarket.KeysDelivered(modelId, holders[i], "three wrapped keys");
            vm.prank(holders[i]);
            market.deliverKeys(modelId, "three wrapped keys");
        }
        refusedDelivery(stranger, modelId, "abc", abi.encodeWithSelector(ITaskMarket.NotKeyHolder.selector, stranger));
        address verifier = seated(modelId, 0);
        refusedDelivery(verifier, modelId, "abc", abi.encodeWithSelector(ITaskMarket.NotKeyHolder.selector, verifier));
    }

    function test_keys_come_in_time() public {
        uint256 modelId = drawnSealed(taskId);
        uint256 deadline = block.timestamp + 60;
        vm.warp(deadline - 1);
        vm.prank(carol);
        market.deliverKeys(modelId, "abc");
        vm.warp(deadline);
        refusedDelivery(
            carol, modelId, "abc", abi.encodeWithSelector(ITaskMarket.KeyWindowOver.selector, modelId, deadline)
        );
    }

    function test_without_a_key_window_there_is_nothing_to_deliver() public {
        uint256 modelId = drawn(post(terms()));
        refusedDelivery(
            carol, modelId, "abc", abi.encodeWithSelector(ITaskMarket.KeyWindowOver.selector, modelId, block.timestamp)
        );
    }

    function test_only_a_drawn_panel_gets_keys() public {
        refusedDelivery(carol, 1, "abc", unknownModel(1));
        uint256 modelId = announceSealed(taskId, carol);
        refusedDelivery(carol, modelId, "abc", wrongState(modelId, ITaskMarket.ModelState.Announced));
        draw(modelId);
        expire(modelId);
        refusedDelivery(carol, modelId, "abc", wrongState(modelId, ITaskMarket.ModelState.Void));
    }

    function refusedKeys(uint256 modelId, uint256 length) private {
        refusedDelivery(
            carol, modelId, new bytes(length), abi.encodeWithSelector(ITaskMarket.WrongKeyCount.selector, length, 3)
        );
    }

    function test_each_seat_gets_a_piece_of_equal_length() public {
        uint256 modelId = drawnSealed(taskId);
        refusedKeys(modelId, 0);
        refusedKeys(modelId, 1);
        refusedKeys(modelId, 2);
        refusedKeys(modelId, 4);
        refusedKeys(modelId, 767);
        refusedKeys(modelId, 769);
        vm.startPrank(carol);
        market.deliverKeys(modelId, new bytes(3));
        market.deliverKeys(modelId, new bytes(3_000));
        vm.stopPrank();
    }

    function testFuzz_keys_divide_among_the_seats(uint16 length) public {
        length = uint16(bound(length, 0, 1_000));
        uint256 modelId = drawnSealed(taskId);
        if (length == 0 || length % 3 != 0) {
            refusedKeys(modelId, length);
        } else {
            vm.prank(carol);
            market.deliverKeys(modelId, new bytes(length));
        }
    }

    // --------------------------------------------------------------- release

    function refusedRelease(uint256 modelId, bytes memory key, bytes memory reason) private {
        refused(stranger, abi.encodeCall(market.releaseKey, (modelId, key)), reason);
    }

    function test_any_holder_releases_the_key_of_a_rewarded_model() public {
        uint256 modelId = throughSealed(taskId, carol, 9_000);
        bytes memory wrong = abi.encodeWithSelector(ITaskMarket.WrongKey.selector, modelId);
        refusedRelease(modelId, "another key", wrong);
        refusedRelease(modelId, "", wrong);
        expect();
        emit ITaskMarket.KeyReleased(modelId, stranger, WRAPPED_KEY);
        vm.prank(stranger);
        market.releaseKey(modelId, WRAPPED_KEY);
    }

    function test_a_model_that_is_not_rewarded_is_not_released() public {
        refusedRelease(1, WRAPPED_KEY, unknownModel(1));
        uint256 modelId = announceSealed(taskId, carol);
        refusedRelease(modelId, WRAPPED_KEY, wrongState(modelId, ITaskMarket.ModelState.Announced));
        draw(modelId);
        refusedRelease(modelId, WRAPPED_KEY, wrongState(modelId, ITaskMarket.ModelState.Evaluating));
        settle(modelId, votes(0, 0, 0));
        refusedRelease(modelId, WRAPPED_KEY, wrongState(modelId, ITaskMarket.ModelState.Rejected));
        modelId = drawnSealed(taskId);
        expire(modelId);
        refusedRelease(modelId, WRAPPED_KEY, wrongState(modelId, ITaskMarket.ModelState.Void));
    }

    function test_a_public_model_has_no_key() public {
        uint256 modelId = rewarded(post(terms()), CID);
        refusedRelease(modelId, "", abi.encodeWithSelector(ITaskMarket.WrongKey.selector, modelId));
    }

    // --------------------------------------------------------------- sharing

    function shared() private returns (uint256) {
        ITaskMarket.Terms memory t = sealedTerms();
        t.access = ITaskMarket.Access.SealedForRewarded;
        return post(t);
    }

    function refusedShare(uint256 modelId, uint256 recipient) private {
        refused(
            stranger,
            abi.encodeCall(market.shareKey, (modelId, recipient, "key")),
            abi.encodeWithSelector(ITaskMarket.NotShared.selector, modelId, recipient)
        );
    }

    function test_rewarded_contributors_share() public {
        uint256 task = shared();
        uint256 first = throughSealed(task, carol, 9_000);
        uint256 second = throughSealed(task, dave, 9_000);
        expect();
        emit ITaskMarket.KeyShared(first, second, dave, "carol's key for dave");
        vm.prank(stranger);
        market.shareKey(first, second, "carol's key for dave");
        refused(
            stranger,
            abi.encodeCall(market.shareKey, (first, second, new bytes(257))),
            abi.encodeWithSelector(ITaskMarket.KeyLengthOutOfRange.selector, 257, 256)
        );
        market.shareKey(second, first, new bytes(256));
    }

    function test_a_task_for_its_initiator_alone_shares_nothing() public {
        refusedShare(throughSealed(taskId, carol, 9_000), throughSealed(taskId, dave, 9_000));
    }

    function test_a_public_task_shares_nothing() public {
        uint256 task = post(terms());
        refusedShare(rewarded(task, "one"), rewarded(task, "two"));
    }

    function test_nothing_is_shared_between_tasks() public {
        refusedShare(throughSealed(shared(), carol, 9_000), throughSealed(shared(), dave, 9_000));
    }

    function test_only_the_rewarded_share() public {
        uint256 task = shared();
        uint256 good = throughSealed(task, carol, 9_000);
        uint256 bad = throughSealed(task, dave, 0);
        uint256 waiting = announceSealed(task, dave);
        refusedShare(good, bad);
        refusedShare(bad, good);
        refusedShare(good, waiting);
        refusedShare(waiting, good);
        refused(stranger, abi.encodeCall(market.shareKey, (good, 9, "")), unknownModel(9));
        refused(stranger, abi.encodeCall(market.shareKey, (9, good, "")), unknownModel(9));
    }
}
