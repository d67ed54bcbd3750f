"""What a call that announces a model says, for those who read the mempool."""

from dataclasses import dataclass, fields

from eth_abi.exceptions import DecodingError

from ..chain.types import Transaction
from .abi import Entry


@dataclass(frozen=True)
class AnnouncedModel:
    """The arguments of ``announceModel``; the paper's contract takes the first two."""

    task_id: int
    cid: str
    fingerprint: bytes = bytes(32)
    key_commitment: bytes = bytes(32)
    access_key: bytes = b""


def read_announcement(transaction: Transaction, entry: Entry) -> AnnouncedModel | None:
    """Return what a transaction announces, or ``None`` if it is another call or cannot be read."""
    if transaction.data[:4] != entry.topic[:4]:
        return None
    try:
        arguments = entry.decode_arguments(transaction.data[4:])
    except DecodingError:
        return None
    names = [field.name for field in fields(AnnouncedModel)]
    return AnnouncedModel(**dict(zip(names, arguments, strict=False)))
