"""The content-addressed store that models, samples and task descriptions are kept in."""

from .cid import compute_cid, is_cid
from .files import write_atomically
from .store import ContentCorrupt, ContentMissing, ModelStore, StorageError

__all__ = [
    "ContentCorrupt",
    "ContentMissing",
    "ModelStore",
    "StorageError",
    "compute_cid",
    "is_cid",
    "write_atomically",
]
