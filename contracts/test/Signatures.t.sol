// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {MarketFixture} from "./MarketFixture.sol";
import {SignatureDoor} from "./fixtures/SignatureDoor.sol";

/// @title Signatures of digests that no evaluation can be made to have
contract SignaturesTest is MarketFixture {
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    SignatureDoor private door;

    function setUp() public {
        door = SignatureDoor(deploy("../tests/contracts/artifacts/SignatureDoor.json"));
    }

    /// @dev Any r and s are a signature of somebody: whoever ecrecover names.
    function assertValid(bool valid, uint256 s, uint8 parity) private view {
        (, bytes32 r,) = vm.sign(uint256(1), keccak256("message"));
        address signer = ecrecover("hash", 27 + parity, r, bytes32(s));
        vm.assertTrue(signer != address(0));
        bytes32 vs = bytes32(s | uint256(parity) << 255);
        vm.assertEq(door.isValid("hash", signer, r, vs), valid);
        vm.assertTrue(!door.isValid("another", signer, r, vs));
        vm.assertTrue(!door.isValid("hash", address(1), r, vs));
    }

    function test_of_two_s_only_the_lower_is_accepted() public view {
        for (uint8 parity; parity < 2; ++parity) {
            assertValid(true, HALF_ORDER, parity);
            assertValid(false, HALF_ORDER + 1, parity);
        }
    }

    function test_nobody_signs_for_the_zero_address() public view {
        vm.assertTrue(!door.isValid("hash", address(0), 0, bytes32(uint256(1))));
    }

    function testFuzz_what_was_signed_is_valid(uint256 key, bytes32 hash, bytes32 other) public view {
        key = bound(key, 1, 1 << 255);
        vm.assume(hash != other);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        bytes32 vs = bytes32(uint256(s) | uint256(v - 27) << 255);
        vm.assertTrue(door.isValid(hash, vm.addr(key), r, vs));
        vm.assertTrue(!door.isValid(other, vm.addr(key), r, vs));
    }
}
