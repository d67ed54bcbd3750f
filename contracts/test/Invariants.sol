// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Bench} from "./Bench.sol";

/// @title A test whose functions invariant_… must hold after any sequence of calls
/// @dev   forge asks the functions below what it may call; `setUp` says so with `target`.
abstract contract Invariants is Bench {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address[] private _handlers;
    FuzzSelector[] private _selectors;

    /// @dev Lets forge call all functions of a handler that are neither view nor pure.
    function target(address handler) internal {
        _handlers.push(handler);
    }

    /// @dev Lets forge call these functions of a handler alone; one named twice is called twice as often.
    function target(address handler, bytes4[] memory selectors) internal {
        _handlers.push(handler);
        _selectors.push(FuzzSelector(handler, selectors));
    }

    function targetContracts() external view returns (address[] memory) {
        return _handlers;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _selectors;
    }
}
