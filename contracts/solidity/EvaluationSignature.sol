// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title EIP-712 signatures of evaluations
library EvaluationSignature {
    /// @notice What a verifier signs.
    /// @dev    In memory a struct of single words lies as abi.encode would write it, so this is what EIP-712 hashes.
    ///         `typeHash` must be EVALUATION_TYPEHASH.
    struct Evaluation {
        bytes32 typeHash;
        uint256 modelId;
        address verifier;
        int256 fitnessBps;
        int256 referenceBps;
        bytes32 baseDigest;
    }

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant EVALUATION_TYPEHASH = keccak256(
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

    /// @notice Whether the verifier signed the evaluation; false, never a revert, for anything malformed.
    function isValid(Evaluation memory evaluation, bytes calldata signature, bytes32 domain)
        internal
        pure
        returns (bool)
    {
        if (signature.length != 65) return false;
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := calldataload(signature.offset)
            s := calldataload(add(signature.offset, 32))
            v := byte(0, calldataload(add(signature.offset, 64)))
        }
        if (uint256(s) > HALF_ORDER) return false;
        address signer = ecrecover(_digest(evaluation, domain), v, r, s);
        return signer != address(0) && signer == evaluation.verifier;
    }

    /// @dev keccak256(0x1901 ‖ domain ‖ keccak256(evaluation)), written beyond the memory in use.
    function _digest(Evaluation memory evaluation, bytes32 domain) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hex"1901")
            mstore(add(free, 2), domain)
            mstore(add(free, 34), keccak256(evaluation, 192))
            digest := keccak256(free, 66)
        }
    }
}
