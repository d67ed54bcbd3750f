"""How far a run got, and whether it is the same run that goes on.

A run is deterministic and what it learns is remembered as soon as it is learnt, so going on means playing the
market again up to where it was: its chain takes seconds, its models are there. A checkpoint holds what the
chain was like at a simulated second, and a run that goes on has to pass through every one of them.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..agents import Market
from ..errors import InputError

FILE = "checkpoints.jsonl"


@dataclass(frozen=True)
class Checkpoint:
    """A state of a market.

    Attributes:
        second: Simulated seconds.
        block: Number of the newest block.
        block_hash: Its hash, in hexadecimal; it stands for all that happened on the chain.
        transactions: Transactions mined.
    """

    second: float
    block: int
    block_hash: str
    transactions: int


class Checkpoints:
    """The checkpoints of one run in a file: those that are there are compared, later ones are added.

    Args:
        file: Where they are kept; begun if it does not exist.
        every: Simulated seconds between two; a run that goes on has the ones it began with.

    Raises:
        InputError: The file is no such thing.
    """

    def __init__(self, file: Path, every: float):
        self._file = file
        if file.exists():
            self.every, self._known = _read(file)
        else:
            self.every, self._known = every, []
            self._add({"every": every})
        self._passed = 0
        self._due = self.every

    def __call__(self, market: Market) -> None:
        """Keep a checkpoint if one is due.

        Raises:
            InputError: The market is not where the run was that it continues.
        """
        if market.time < self._due:
            return
        self._due = (market.time // self.every + 1) * self.every
        block = market.newest_block
        here = Checkpoint(market.time, block.number, block.hash.hex(), len(market.mined))
        if self._passed < len(self._known):
            self._compare(self._known[self._passed], here)
        else:
            self._add(asdict(here))
        self._passed += 1

    def _compare(self, known: Checkpoint, here: Checkpoint) -> None:
        if known != here:
            before, now = (f"block {one.block} {one.block_hash[:8]}" for one in (known, here))
            allowed = (
                "the versions and the kind of machine that the run began with: "
                f"at second {known.second:,.0f} it had {before}, and now {now}"
            )
            raise InputError("folder", str(self._file.parent), allowed)

    def _add(self, line: dict[str, object]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(file: Path) -> tuple[float, list[Checkpoint]]:
    whole, _, torn = file.read_text(encoding="utf-8").rpartition("\n")
    if torn:  # the run was killed while it wrote this line
        file.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
    try:
        head, *lines = [json.loads(line) for line in whole.splitlines()]
        return float(head["every"]), [Checkpoint(**line) for line in lines]
    except (ValueError, TypeError, KeyError):
        allowed = "checkpoints of a run; delete the folder to begin anew"
        raise InputError("folder", str(file.parent), allowed) from None
