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

    /// @notice keccak256(0x1901 ‖ domain ‖ keccak256(evaluation)), the 32 bytes that are signed.
    function digest(Evaluation memory evaluation, bytes32 domain) internal pure returns (bytes32 hash) {
        // slither-disable-next-line assembly: the struct is hashed where it lies in memory
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hex"1901")
            mstore(add(free, 2), domain)
            mstore(add(free, 34), keccak256(evaluation, 192))
            hash := keccak256(free, 66)
        }
    }

    /// @notice Whether the verifier signed the digest; false, never a revert, for anything malformed.
    /// @param vs s, with the parity of v in its highest bit (EIP-2098)
    function isValid(bytes32 hash, address verifier, bytes32 r, bytes32 vs) internal pure returns (bool) {
        uint256 s = uint256(vs) & type(uint256).max >> 1;
        if (s > HALF_ORDER) return false;
        address signer = ecrecover(hash, uint8(uint256(vs) >> 255) + 27, r, bytes32(s));
        return signer != address(0) && signer == verifier;
    }
}
