// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Proofs that a leaf belongs to a Merkle tree whose pairs are hashed in ascending order
library MerkleProof {
    /// @param leaf a hash of something that is not 64 bytes long, so that no inner node passes for one
    function isValid(bytes32[] calldata proof, bytes32 root, bytes32 leaf) internal pure returns (bool) {
        for (uint256 i; i < proof.length; ++i) {
            bytes32 sibling = proof[i];
            if (leaf > sibling) (leaf, sibling) = (sibling, leaf);
            leaf = keccak256(abi.encode(leaf, sibling));
        }
        return leaf == root;
    }
}
