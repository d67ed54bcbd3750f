"""What a node answered, kept in a file, so that a run that lost its node can be continued.

A run is a function of its scenario and of these answers. To continue it, it is run again from the start,
and the file answers until it ends; from there on the node does.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, VerifuseError
from .rpc import LARGEST_BATCH, Call, Rpc, RpcError

NEWEST_BLOCK = "eth_getBlockByNumber"
_REFUSED = "refused"


class JournalledRpc(Rpc):
    """Requests to one node, remembered.

    Args:
        rpc: The connection.
        file: One line of JSON for each batch: a digest of the requests, the first of them if it asks for the
            newest block, and the answers. What it holds already is answered first.

    Raises:
        InputError: The node is not on the chain that the file tells of.
    """

    def __init__(self, rpc: Rpc, file: Path):
        self._rpc = rpc
        self._file = file
        self.place = rpc.place
        self._remembered = _read(file)
        self._next = 0
        if self._remembered:
            self._check_chain()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._out = file.open("w", encoding="utf-8")
        for line in self._remembered:
            self._write(line)

    @property
    def is_replaying(self) -> bool:
        """Whether the next answers come from the file."""
        return self._next < len(self._remembered)

    def batch(self, calls: Sequence[Call], at_once: int = LARGEST_BATCH) -> list[Any]:
        """Return the answers to several requests, from the file as long as it has some.

        Raises:
            ChainUnreachable: The node is gone.
            VerifuseError: The run asks something else than when the file was written.
        """
        if not calls:
            return []
        asked = hashlib.sha256(json.dumps(calls).encode()).hexdigest()[:16]
        if self.is_replaying:
            remembered, _, answers = self._remembered[self._next]
            if remembered != asked:
                reason = f"it asks for {calls[0][0]} where it asked something else before"
                changed = "has its scenario, Verifuse or a library changed?"
                raise VerifuseError(f"the run cannot be continued: {reason}; {changed}")
            self._next += 1
            return [_revived(answer) for answer in answers]
        answers = self._rpc.batch(calls, at_once)
        newest = list(calls[0][:1]) if tuple(calls[0][1][:1]) == ("latest",) else []
        self._write([asked, newest, [_kept(answer) for answer in answers]])
        return answers

    def close(self) -> None:
        """Give the connection back and close the file."""
        self._rpc.close()
        self._out.close()

    def _write(self, line: Any) -> None:
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()

    def _check_chain(self) -> None:
        """Refuse a node that lacks the newest block of the file."""
        blocks = [
            answers[0]
            for _, newest, answers in self._remembered
            if newest == [NEWEST_BLOCK] and isinstance(answers[0], dict)
        ]
        if not blocks:
            return
        newest = max(blocks, key=lambda block: int(block["number"], 16))
        there = self._rpc.ask("eth_getBlockByNumber", newest["number"], False)
        if not there or there["hash"] != newest["hash"]:
            number = int(newest["number"], 16)
            allowed = f"a node on the chain that the run began on; its block {number} is not there"
            raise InputError("chain.name", self.place, allowed)


def _read(file: Path) -> list[Any]:
    """Return what each line holds; one cut short by a crash ends the file."""
    if not file.exists():
        return []
    remembered = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            asked, newest, answers = json.loads(line)
        except (ValueError, TypeError):
            break
        remembered.append([asked, newest, answers])
    return remembered


def _kept(answer: Any) -> Any:
    return {_REFUSED: [answer.code, answer.message, answer.data]} if isinstance(answer, RpcError) else answer


def _revived(answer: Any) -> Any:
    return RpcError(*answer[_REFUSED]) if isinstance(answer, dict) and _REFUSED in answer else answer
