"""Evaluations and their EIP-712 signatures.

A panel member signs what she measured; the oracle only carries it, and the contract checks the signer. The
digest is built here by hand because a general typed-data encoder costs many times the signature.
"""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from ..chain.types import Account
from ..errors import InputError
from .structs import encode_cid

DOMAIN_NAME = "Verifuse TaskMarket"
DOMAIN_VERSION = "1"
EMPTY_BASE = bytes(32)
NO_SALT = bytes(32)
UNREADABLE = -1
COPY = -2

_DOMAIN_TYPEHASH = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_EVALUATION_TYPEHASH = keccak(
    text="Evaluation(uint256 modelId,address verifier,int32 fitnessBps,int32 referenceBps,bytes32 baseDigest)"
)


@dataclass(frozen=True)
class Evaluation:
    """What one verifier measured for one model.

    Attributes:
        model_id: The model.
        verifier: Checksum address of the panel member.
        fitness_bps: Measured fitness in basis points, 0 to 10,000; or ``UNREADABLE``: the model cannot be
            fetched, opened or rebuilt; or ``COPY`` of the model whose index is the reference.
        reference_bps: What it is compared with; 0 under ``accuracy`` and ``standalone``.
        base_digest: Digest of the base that she fused it with, as the draw fixed it.
    """

    model_id: int
    verifier: str
    fitness_bps: int
    reference_bps: int
    base_digest: bytes


@dataclass(frozen=True)
class SignedEvaluation:
    """An evaluation, its compact signature and what it was committed with.

    Attributes:
        evaluation: What was measured.
        signature: 64 bytes r ‖ s, the parity of v in the highest bit of s (EIP-2098).
        salt: 32 bytes; ``NO_SALT`` where the task has no commit–reveal.
    """

    evaluation: Evaluation
    signature: bytes
    salt: bytes = NO_SALT

    def to_abi(self) -> tuple[int, str, int, int, bytes, bytes, bytes, bytes]:
        """Return the row that the contract's callback takes."""
        row = self.evaluation
        return (
            row.model_id,
            row.verifier,
            row.fitness_bps,
            row.reference_bps,
            row.base_digest,
            self.salt,
            self.signature[:32],
            self.signature[32:],
        )


def domain_separator(chain_id: int, market: str) -> bytes:
    """Return the EIP-712 domain separator of the contract at ``market``."""
    return keccak(
        encode(
            ("bytes32", "bytes32", "bytes32", "uint256", "address"),
            (_DOMAIN_TYPEHASH, keccak(text=DOMAIN_NAME), keccak(text=DOMAIN_VERSION), chain_id, market),
        )
    )


def evaluation_digest(evaluation: Evaluation, *, chain_id: int, market: str) -> bytes:
    """Return the 32 bytes that a verifier signs (EIP-712).

    Args:
        evaluation: What was measured.
        chain_id: The chain's id (EIP-155).
        market: Checksum address of the contract.

    Raises:
        InputError: If a field does not fit its ABI type.
    """
    row = evaluation
    try:
        struct = encode(
            ("bytes32", "uint256", "address", "int32", "int32", "bytes32"),
            (
                _EVALUATION_TYPEHASH,
                row.model_id,
                row.verifier,
                row.fitness_bps,
                row.reference_bps,
                row.base_digest,
            ),
        )
    except (EncodingError, OverflowError, TypeError, ValueError) as error:
        raise InputError("evaluation", evaluation, str(error)) from None
    return keccak(b"\x19\x01" + domain_separator(chain_id, market) + keccak(struct))


def sign_evaluation(
    account: Account, evaluation: Evaluation, *, chain_id: int, market: str, salt: bytes = NO_SALT
) -> SignedEvaluation:
    """Sign an evaluation with an account's key; ``salt`` is what it was committed with, if it was.

    The account need not be the evaluation's verifier; the contract will then skip the row.

    Raises:
        InputError: If a field does not fit its ABI type.
    """
    digest = evaluation_digest(evaluation, chain_id=chain_id, market=market)
    signature = PrivateKey(account.private_key).sign_msg_hash(digest).to_bytes()
    parity = signature[64] << 7
    return SignedEvaluation(
        evaluation, signature[:32] + bytes([signature[32] | parity]) + signature[33:64], salt
    )


def commitment(evaluation: Evaluation, salt: bytes, *, chain_id: int, market: str) -> bytes:
    """Return what a verifier puts on the chain before anybody can see her evaluation.

    It binds the whole row, the sender, the contract and the chain by the digest that she will sign.

    Args:
        evaluation: What was measured.
        salt: 32 bytes that nobody can guess; without them the few possible fitness values could be tried.
        chain_id: The chain's id (EIP-155).
        market: Checksum address of the contract.
    """
    return keccak(evaluation_digest(evaluation, chain_id=chain_id, market=market) + salt)


def extend_base(base_digest: bytes, cid: str) -> bytes:
    """Return the digest of a base after one more model.

    Starting from ``EMPTY_BASE`` and going through the base's CIDs in announcement order gives the digest that
    the contract fixes at the draw; a verifier compares the two before she fuses.
    """
    return keccak(base_digest + keccak(encode_cid("cid", cid)))
