"""The keys that a participant holds to sealed content in the store."""

from ..storage import ModelStore, SealBroken, is_sealed, open_sealed, unwrap_key


class KeyRing:
    """Keys by the CID of what they open.

    Args:
        store: Where the content lies.
        own_key: The private key to which others wrap keys for this participant.
    """

    def __init__(self, store: ModelStore, own_key: bytes):
        self._store = store
        self._own_key = own_key
        self._keys: dict[str, bytes] = {}

    def keep(self, cid: str, key: bytes) -> None:
        """Remember the key to a content."""
        self._keys[cid] = key

    def receive(self, cid: str, wrapped: bytes) -> None:
        """Remember a key that came wrapped.

        Raises:
            SealBroken: It was not wrapped for this participant.
        """
        self.keep(cid, unwrap_key(wrapped, self._own_key))

    def key(self, cid: str) -> bytes | None:
        """Return the key to a content, if it is held."""
        return self._keys.get(cid)

    def read(self, cid: str) -> bytes:
        """Fetch a content and open it if it is sealed.

        Raises:
            StorageError: It cannot be fetched, its key is not held or does not fit.
        """
        content = self._store.get(cid)
        if not is_sealed(content):
            return content
        key = self._keys.get(cid)
        if key is None:
            raise SealBroken(f"the key to {cid} was never delivered")
        return open_sealed(content, key)
