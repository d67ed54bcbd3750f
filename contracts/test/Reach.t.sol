// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Bench} from "./Bench.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";
import {weights} from "./handlers/Weights.sol";

/// @title The handlers of the invariant tests get to where it matters
contract ReachTest is Bench {
    /// @dev forge prints events of this name.
    event log_named_uint(string what, uint256 times);

    string[25] private NAMES = [
        "announced",
        "drawn",
        "rewarded",
        "rejected",
        "void",
        "void because the rule failed",
        "rewarded by expiry",
        "evaluations counted on chain",
        "second queries",
        "draws armed anew",
        "seated although she left",
        "seats paid",
        "seats silent",
        "seats slashed",
        "seats excused",
        "plants that the panel agreed with",
        "plants that it did not agree with",
        "rewards below the whole",
        "refunds of a closed task",
        "keys released",
        "keys shared",
        "stakes reclaimed",
        "payees who refused",
        "answers after the end",
        "panels of more than 16"
    ];

    function test_random_acts_reach_every_depth() public {
        uint256[25] memory total;
        for (uint256 run; run < 40; ++run) {
            MarketHandler handler = new MarketHandler();
            _play(handler, run, 100);
            uint256[25] memory reached = handler.reached();
            for (uint256 i; i < 25; ++i) {
                total[i] += reached[i];
            }
            handler.cleanUp();
        }
        for (uint256 i; i < 25; ++i) {
            emit log_named_uint(NAMES[i], total[i]);
        }
        for (uint256 i; i < 25; ++i) {
            vm.assertGt(total[i], 0, NAMES[i]);
        }
    }

    function _play(MarketHandler handler, uint256 run, uint256 steps) private {
        bytes4[] memory acts = weights();
        for (uint256 step; step < steps; ++step) {
            uint256 seed = uint256(keccak256(abi.encode(run, step)));
            // Further arguments than a handler takes are ignored.
            (bool ok, bytes memory why) =
                address(handler).call(abi.encodePacked(acts[seed % acts.length], seed >> 8, seed >> 32 & 1));
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(why, 32), mload(why))
                }
            }
        }
    }
}
