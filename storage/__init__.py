"""The content-addressed store that models, samples and task descriptions are kept in, and their seals."""

from .cid import compute_cid, is_cid
from .files import write_atomically
from .folders import cache_folder
from .key_wraps import WRAPPED_BYTES, encryption_public_key, key_commitment, unwrap_key, wrap_key
from .locks import held
from .recent import Recent
from .sealing import SealBroken, is_sealed, open_sealed, seal
from .store import ContentCorrupt, ContentMissing, ModelStore, StorageError

__all__ = [
    "WRAPPED_BYTES",
    "ContentCorrupt",
    "ContentMissing",
    "ModelStore",
    "Recent",
    "SealBroken",
    "StorageError",
    "cache_folder",
    "compute_cid",
    "encryption_public_key",
    "held",
    "is_cid",
    "is_sealed",
    "key_commitment",
    "open_sealed",
    "seal",
    "unwrap_key",
    "wrap_key",
    "write_atomically",
]
