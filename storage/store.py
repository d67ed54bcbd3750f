"""A store on disk in which the name of a file is the hash of its content.

It plays the part of IPFS (Section III-A of the paper): whoever holds a CID can fetch the bytes and
check that they are the ones that were announced. A folder per store::

    content/Qm…   the files themselves, named by their CID
    pins/Qm…      empty files: what must not be collected
"""

from pathlib import Path

from ..errors import VerifuseError
from .cid import compute_cid, is_cid
from .files import write_atomically
from .recent import Recent

RECENT_BYTES = 64 * 2**20
"""Contents that a store holds in memory, so that a file which many fetch is read and hashed once."""


class StorageError(VerifuseError):
    """Base of what can go wrong with a store."""


class ContentMissing(StorageError):
    """Nothing is stored under a CID."""

    def __init__(self, cid: str, reason: str = "nothing is stored under it"):
        self.cid = cid
        super().__init__(f"store: {cid!r} cannot be fetched; {reason}")


class ContentCorrupt(StorageError):
    """The stored bytes are not those that the CID names."""

    def __init__(self, cid: str, found: str, path: Path):
        self.cid = cid
        self.found = found
        self.path = path
        super().__init__(f"store: the content of {cid} was altered; {path.name} now hashes to {found}")


class ModelStore:
    """Content kept under real IPFS CIDs in a folder.

    Args:
        root: The store's folder; made on the first ``put``.
        shared: The folder of a larger store, whose files this one links to in place of copies of its own. It
            is as whole without the other, as links to one file are equals.
    """

    def __init__(self, root: Path | str, *, shared: Path | None = None):
        self.root = Path(root)
        self._recent: Recent[str, tuple[tuple[int, ...], bytes]] = Recent(RECENT_BYTES)
        self._together: tuple[tuple[str, ...], tuple[bytes, ...]] = (), ()
        self._shared = ModelStore(shared) if shared is not None else None

    def put(self, content: bytes, *, pin: bool = True) -> str:
        """Keep ``content`` and return its CID; keeping the same bytes twice costs nothing.

        Args:
            content: All bytes of the file.
            pin: Whether garbage collection must spare it, as ``ipfs add`` does by default.
        """
        cid = compute_cid(content)
        path = self._content(cid)
        # A damaged copy is replaced: whoever holds the right bytes can heal the store.
        if not path.exists() or compute_cid(path.read_bytes()) != cid:
            self._keep(cid, path, content)
        if pin:
            self.pin(cid)
        return cid

    def get(self, cid: str) -> bytes:
        """Return the content that ``cid`` names.

        Raises:
            ContentMissing: Nothing is stored under it, or it is no CID.
            ContentCorrupt: A byte differs from what was put; both CIDs are named.
        """
        if not is_cid(cid):
            raise ContentMissing(cid, "a CID has 46 base58 characters and starts with Qm")
        path = self._content(cid)
        try:
            state = _state(path)
            recent = self._recent.get(cid)
            if recent is not None and recent[0] == state:
                return recent[1]
            content = path.read_bytes()
        except FileNotFoundError:
            raise ContentMissing(cid) from None
        found = compute_cid(content)
        if found != cid:
            raise ContentCorrupt(cid, found, path)
        self._recent.put(cid, (state, content), len(content))
        return content

    def has(self, cid: str) -> bool:
        """Whether ``get`` would return the content that ``cid`` names."""
        try:
            self.get(cid)
        except StorageError:
            return False
        return True

    def get_all(self, cids: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return several contents; asked for the same as last time and more, it reads what is new.

        Models are fused with all that were announced before, by a whole panel: reading all of them again for
        everybody would take longer with every model.

        Raises:
            ContentMissing: Nothing is stored under one of the CIDs, or it is none.
            ContentCorrupt: A byte differs from what was put.
        """
        known, contents = self._together
        if cids[: len(known)] != known:
            known, contents = (), ()
        if cids == known:
            return contents
        contents = (*contents, *(self.get(cid) for cid in cids[len(known) :]))
        if sum(map(len, contents)) <= RECENT_BYTES:
            self._together = cids, contents
        return contents

    def pin(self, cid: str) -> None:
        """Protect ``cid`` from ``collect``.

        Raises:
            ContentMissing: Nothing is stored under it.
        """
        if cid not in self:
            raise ContentMissing(cid)
        write_atomically(self._pin(cid), b"")

    def replace(self, cid: str, content: bytes) -> None:
        """Let other bytes lie under a CID than it names, as a damaged disk would; ``get`` then refuses them.

        A store that this one shares its files with keeps the right ones.
        """
        path = self._content(cid)
        path.unlink(missing_ok=True)
        write_atomically(path, content)

    def unpin(self, cid: str) -> None:
        """Lift the protection of ``cid``; it stays until the next ``collect``."""
        self._pin(cid).unlink(missing_ok=True)

    def lose(self, cid: str) -> None:
        """Forget a content at once, pinned or not."""
        self.unpin(cid)
        self._content(cid).unlink(missing_ok=True)

    def pinned(self) -> list[str]:
        """Return the protected CIDs in alphabetical order."""
        return self._names("pins")

    def cids(self) -> list[str]:
        """Return every stored CID in alphabetical order."""
        return self._names("content")

    def collect(self) -> list[str]:
        """Delete what is not pinned and return the CIDs that are gone."""
        pinned = set(self.pinned())
        gone = [cid for cid in self.cids() if cid not in pinned]
        for cid in gone:
            self.lose(cid)
        return gone

    def __contains__(self, cid: object) -> bool:
        return isinstance(cid, str) and is_cid(cid) and self._content(cid).exists()

    def _keep(self, cid: str, path: Path, content: bytes) -> None:
        if self._shared is not None:
            self._shared.put(content, pin=False)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.hardlink_to(self._shared._content(cid))
                return
            except OSError:  # a file system without links, or a damaged copy in the way
                pass
        write_atomically(path, content)

    def _content(self, cid: str) -> Path:
        return self.root / "content" / cid

    def _pin(self, cid: str) -> Path:
        return self.root / "pins" / cid

    def _names(self, folder: str) -> list[str]:
        path = self.root / folder
        return sorted(entry.name for entry in path.iterdir() if is_cid(entry.name)) if path.is_dir() else []


def _state(path: Path) -> tuple[int, ...]:
    """Return what of a file is another after somebody has written to it."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
