"""An evaluation as wallets show it before they sign (EIP-712)."""

from typing import Any

from ...contracts import Evaluation
from ...contracts.evaluation import DOMAIN_NAME, DOMAIN_VERSION

TYPES = {
    "EIP712Domain": (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
    ),
    "Evaluation": (
        ("modelId", "uint256"),
        ("verifier", "address"),
        ("fitnessBps", "int32"),
        ("referenceBps", "int32"),
        ("baseDigest", "bytes32"),
    ),
}


def typed_data(evaluation: Evaluation, *, chain_id: int, market: str) -> dict[str, Any]:
    """Return what ``eth_signTypedData_v4`` takes, JSON-ready; its digest is ``evaluation_digest``'s.

    Args:
        evaluation: What is to be signed.
        chain_id: The chain's id (EIP-155).
        market: Checksum address of the contract.
    """
    return {
        "types": {
            name: [{"name": field, "type": kind} for field, kind in fields] for name, fields in TYPES.items()
        },
        "primaryType": "Evaluation",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": chain_id,
            "verifyingContract": market,
        },
        "message": {
            "modelId": evaluation.model_id,
            "verifier": evaluation.verifier,
            "fitnessBps": evaluation.fitness_bps,
            "referenceBps": evaluation.reference_bps,
            "baseDigest": "0x" + evaluation.base_digest.hex(),
        },
    }
