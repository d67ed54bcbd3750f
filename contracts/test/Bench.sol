// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Vm} from "./Vm.sol";

/// @title The tools that tests and the handlers of invariant tests have in common
abstract contract Bench {
    /// @dev Where forge listens: the last 20 bytes of keccak256("hevm cheat code").
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    /// @dev The whole function runs as that account. vm.prank counts for the next call alone, and in
    ///      market.closeTask(market.taskCount()) that is taskCount.
    modifier by(address account) {
        vm.startPrank(account);
        _;
        vm.stopPrank();
    }

    /// @dev Deploys what compile.mjs made of a contract: the bytes that are shipped.
    /// @param artifact path from the folder contracts/, such as "artifacts/TaskMarket.json"
    function deploy(string memory artifact) internal returns (address deployed) {
        bytes memory code = vm.getCode(artifact);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        require(deployed != address(0), "the deployment failed");
    }

    /// @dev Maps any number into least … most. The smallest and the largest numbers hit the two ends, so that fuzzing,
    ///      which likes them, tries these often.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        require(least <= most, "no number lies between");
        if (value >= least && value <= most) return value;
        uint256 fromTop = type(uint256).max - value;
        unchecked {
            uint256 size = most - least + 1;
            return fromTop < 4 && fromTop < size ? most - fromTop : least + value % size;
        }
    }

    function bound(int256 value, int256 least, int256 most) internal pure returns (int256) {
        // Moving both ends up by 2²⁵⁵ keeps the order.
        return _fromUnsigned(bound(_toUnsigned(value), _toUnsigned(least), _toUnsigned(most)));
    }

    function _toUnsigned(int256 value) private pure returns (uint256) {
        return uint256(value) ^ 1 << 255;
    }

    function _fromUnsigned(uint256 value) private pure returns (int256) {
        return int256(value ^ 1 << 255);
    }
}
