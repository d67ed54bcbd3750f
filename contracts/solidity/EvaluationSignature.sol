// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITaskMarket} from "./ITaskMarket.sol";

/// @title EIP-712 signatures of evaluations
library EvaluationSignature {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant EVALUATION_TYPEHASH = keccak256(
        "Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)"
    );
    bytes32 private constant NAME_HASH = keccak256("Verifuse TaskMarket");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @dev secp256k1's order halved: of the two valid s only the lower one is accepted (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev Computed anew, not cached, so that it follows the chain id through a fork.
    function domainSeparator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }

    /// @notice Whether the row's verifier signed the row; false, never a revert, for anything malformed.
    function isValid(ITaskMarket.Row memory row, bytes32 domain) internal pure returns (bool) {
        bytes memory signature = row.signature;
        if (signature.length != 65) return false;
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
        if (uint256(s) > HALF_ORDER) return false;
        address signer = ecrecover(_digest(row, domain), v, r, s);
        return signer != address(0) && signer == row.verifier;
    }

    function _digest(ITaskMarket.Row memory row, bytes32 domain) private pure returns (bytes32) {
        bytes32 evaluation = keccak256(
            abi.encode(
                EVALUATION_TYPEHASH, row.modelId, row.verifier, row.fitnessBps, row.referenceBps, row.baseDigest
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, evaluation));
    }
}
