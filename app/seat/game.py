"""A small real market in which one verifier is a person.

Nothing is acted here but the visitor: models are trained and fused, the contract runs on an EVM in memory,
the oracle answers the contract's query. Simulated time stands still while the visitor thinks.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from ...agents import ListedModel, Market
from ...agents.behaviours.seat import Reading
from ...contracts import Evaluation, commitment, evaluation_digest
from ...errors import InputError
from ...learning import Workbench
from ...storage import ModelStore
from .measured import look
from .tasks import SEED, SeatTask
from .telling import Teller
from .typed_data import typed_data
from .views import Measured, Phase, Signed, Snapshot
from .visitor import Visitor


class _Place(TypedDict):
    chain_id: int
    market: str


@dataclass
class Deed:
    """What the visitor did about one model."""

    model: ListedModel
    reading: Reading | None = None
    measured: Measured | None = None
    signed: Signed | None = None
    said_bps: int | None = None
    has_decided: bool = False
    was_shown: bool = False


class Game:
    """One visitor's market, from the posting of the task to the last payment.

    ``play`` lets time pass until the visitor is asked something; she answers with ``measure``, ``report``,
    ``stay_silent`` or ``go_on``, and ``play`` goes on. Not to be used by two threads at once.

    Args:
        task: Which market.
        workbench: Where models are trained and fused.
        seed: Every random draw comes from it: the same seed and answers give the same game.

    Attributes:
        phase: Whose turn it is.
    """

    def __init__(self, task: SeatTask, workbench: Workbench, *, seed: int = SEED):
        self.task = task
        self.phase = Phase.RUNNING
        self._workbench = workbench
        scenario = task.scenario(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="verifuse-seat-", ignore_cleanup_errors=True)
        try:
            store = ModelStore(Path(self._folder.name))
            self._market = Market(scenario, store=store, workbench=workbench, title=scenario.title)
        except BaseException:
            self._folder.cleanup()
            raise
        self._me = self._market.verifiers[0]
        assert isinstance(self._me.behaviour, Visitor), "the visitor's group is the first"
        self._behaviour = self._me.behaviour
        self._teller = Teller(self._market, self._me)
        self._deeds: dict[int, Deed] = {}
        self._earnings = [0]

    # Time.

    def play(self) -> Iterator[Snapshot]:
        """Let time pass until the visitor is asked, or all is over; give what is new after each block."""
        self._look_up()
        while self.phase is Phase.RUNNING:
            mined = len(self._market.mined)
            self._market.run_for(self._market.config.chain.slot_seconds)
            self._look_up()
            if self.phase is not Phase.RUNNING or len(self._market.mined) > mined:
                yield self.snapshot()

    def _look_up(self) -> None:
        """See whether it is the visitor's turn."""
        deed = self._deed
        if deed is not None and deed.has_decided and not deed.was_shown and self._is_settled(deed.model):
            deed.was_shown = True
            self._earnings.append(self._teller.purse().earned)
            self.phase = Phase.DECIDED
        elif self._behaviour.asked is not None:
            self._ask(self._behaviour.asked.model_id)
        elif self._market.is_finished or self._market.time >= self._market.horizon:
            self._earnings.append(self._teller.purse().earned)
            self.phase = Phase.OVER

    def _ask(self, model_id: int) -> None:
        self._behaviour.asked = None
        ((model, reading),) = self._me.call_off(self._me.speak)
        deed = self._deeds.setdefault(model_id, Deed(model))
        if reading is None:
            self.phase = Phase.SEATED
            return
        deed.reading = reading
        deed.measured = look(self._market, self._workbench, model, self._me.name, reading.fitness_bps)
        self.phase = Phase.MEASURED

    def _is_settled(self, model: ListedModel) -> bool:
        """Whether nothing more can come of a model for the visitor."""
        has_bond = bool(self._teller.terms.bond_wei)
        return not model.is_open and (not has_bond or self._me.address in model.settled_seats)

    # The visitor's decisions.

    def measure(self) -> None:
        """Fetch the model by its CID, fuse it with the base and measure: work that takes simulated time."""
        model = self._asked(Phase.SEATED).model
        self._me.to_examine.add(model.model_id)
        self._me.examine(model)
        self.phase = Phase.RUNNING

    def preview(self, fitness_bps: int) -> Signed:
        """Return what she would sign to report an evaluation, without signing it."""
        model = self._asked(Phase.SEATED, Phase.MEASURED).model
        evaluation = Evaluation(
            model_id=model.model_id,
            verifier=self._me.address,
            fitness_bps=fitness_bps,
            reference_bps=0,
            base_digest=model.base_digest,
        )
        data = typed_data(evaluation, **self._place)
        digest = evaluation_digest(evaluation, **self._place)
        return Signed(json.dumps(data, indent=2), "0x" + digest.hex())

    def report(self, fitness_bps: int) -> None:
        """Sign an evaluation and report it; where evaluations are committed, commit to it first."""
        deed = self._asked(Phase.SEATED, Phase.MEASURED)
        preview, model = self.preview(fitness_bps), deed.model
        self._behaviour.answer = Reading(fitness_bps)
        self._me.speak(model, deed.reading)
        deed.said_bps, deed.has_decided = fitness_bps, True
        promised = self._me.voice.committed.get(model.model_id)
        on_the_board = self._market.web.evaluations(model.model_id)
        signed = promised or next(one for one in on_the_board if one.evaluation.verifier == self._me.address)
        promise = commitment(signed.evaluation, signed.salt, **self._place) if promised else b""
        deed.signed = replace(
            preview,
            signature="0x" + signed.signature.hex(),
            commitment="0x" + promise.hex() if promise else "",
        )
        self.phase = Phase.RUNNING

    def stay_silent(self) -> None:
        """Report nothing."""
        deed = self._asked(Phase.SEATED, Phase.MEASURED)
        self._me.speak(deed.model, deed.reading)
        deed.has_decided = True
        self.phase = Phase.RUNNING

    def go_on(self) -> None:
        """Turn to what comes next."""
        self._asked(Phase.DECIDED)
        self.phase = Phase.RUNNING

    def _asked(self, *phases: Phase) -> Deed:
        """Return the deed that is asked for now.

        Raises:
            InputError: Something else is asked for.
        """
        deed = self._deed
        if self.phase not in phases or deed is None:
            raise InputError("move", self.phase.value, f"a move for when the seat is {phases[0].value}")
        return deed

    # What there is to see.

    def snapshot(self) -> Snapshot:
        """Return the game as it stands."""
        market, deed, teller = self._market, self._deed, self._teller
        return Snapshot(
            task=self.task.key,
            phase=self.phase,
            seconds=market.time,
            block=market.chain.block_number,
            model=teller.announced(deed.model) if deed else None,
            measured=deed.measured if deed else None,
            signed=deed.signed if deed else None,
            votes=teller.votes(deed.model) if deed else (),
            lines=teller.lines(deed.model) if deed else (),
            results=tuple(map(self._result, self._deeds.values())),
            purse=teller.purse(),
            earnings=tuple(self._earnings),
            work_seconds=self._me.work_seconds,
        )

    def close(self) -> None:
        """Give back the chain and the store; snapshots stay."""
        self._market.close()
        self._folder.cleanup()

    def _result(self, deed: Deed):
        measured = deed.reading.fitness_bps if deed.reading else None
        return self._teller.result(deed.model, measured, deed.said_bps)

    @property
    def _deed(self) -> Deed | None:
        return next(reversed(self._deeds.values()), None)

    @property
    def _place(self) -> _Place:
        return {"chain_id": self._market.chain.chain_id, "market": self._market.contract.address}
