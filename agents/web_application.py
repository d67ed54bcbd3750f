"""The paper's web application: announced models are shown, evaluations are reported (Section III-A).

It holds nothing that the chain does not say, but for the signed evaluations, which wait here until the
oracle brings them to the contract. Any participant could keep the same lists from the same events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce

from ..contracts import (
    EMPTY_BASE,
    UNREADABLE,
    Base,
    Credited,
    Deadlines,
    DrawArmed,
    EvaluationCounted,
    EvaluationsRequested,
    Event,
    FitnessKind,
    KeyReleased,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    PoolJoined,
    PoolLeft,
    SeatSettled,
    SignedEvaluation,
    TaskClosed,
    TaskPosted,
    Withdrawn,
    extend_base,
)
from ..learning import is_copy

NOT_DRAWN = Deadlines(0, 0, 0, 0)


@dataclass
class ListedModel:
    """An announced model as the events so far tell of it; times are Unix timestamps in seconds.

    Its ``base`` are the models that it is fused with, once its panel is drawn; ``said`` is what the contract
    counted, fitness and reference in basis points. What follows from the lists
    alone and is the same for everybody is worked out once, however many look.
    """

    model_id: int
    task_id: int
    contributor: str
    index: int
    cid: str
    fingerprint: bytes
    key_commitment: bytes
    access_key: bytes
    draw_block: int
    state: ModelState = ModelState.ANNOUNCED
    head_since: int | None = None
    panel: tuple[str, ...] = ()
    base_count: int = 0
    base_digest: bytes = b""
    base: "tuple[ListedModel, ...]" = ()
    deadlines: Deadlines = NOT_DRAWN
    settled_at: int | None = None
    key_released: bool = False
    settled_seats: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    said: dict[str, tuple[int, int]] = field(default_factory=dict)
    queried: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its evaluation is still to be decided."""
        return self.state in (ModelState.ANNOUNCED, ModelState.EVALUATING)

    @cached_property
    def base_cids(self) -> tuple[str, ...]:
        """The CIDs of its base, in announcement order."""
        return tuple(earlier.cid for earlier in self.base)

    @cached_property
    def has_the_base_that_was_fixed(self) -> bool:
        """Whether the contract fixed the same base as the events tell of."""
        return base_digest(self.base_cids) == self.base_digest

    @property
    def was_read(self) -> bool:
        """Whether no more than half of its counted evaluations say that it could not be read."""
        unread = sum(fitness == UNREADABLE for fitness, _ in self.said.values())
        return 2 * unread <= len(self.said)

    def seat_of(self, verifier: str) -> int | None:
        """Return the place of a panel member, counted from 0."""
        return self.panel.index(verifier) if verifier in self.panel else None

    def draw_deadline(self, draw_window: int) -> int:
        """The timestamp from which it may be voided for want of a panel; it must be the head."""
        assert self.head_since is not None, "only the head of a queue has a draw deadline"
        return self.head_since + draw_window

    @property
    def is_rewarded(self) -> bool:
        """Whether its contributor earned the reward."""
        return self.state is ModelState.REWARDED


@dataclass
class ListedTask:
    """A posted task and its models in announcement order."""

    posted: TaskPosted
    models: list[ListedModel] = field(default_factory=list)
    is_closed: bool = False
    decided: int = 0
    originals: "dict[tuple[int, bytes], ListedModel | None]" = field(default_factory=dict)

    def original_of(self, model: ListedModel, fingerprint: bytes) -> ListedModel | None:
        """Return the earlier model that one with this fingerprint is a copy of, if it is one.

        What its panel could not read has no fingerprint but a claimed one. Who overtakes the announcement of
        a sealed model, whose key she does not have, would else make its owner the copy.
        """
        key = model.index, fingerprint
        if key not in self.originals:
            earlier = self.models[: model.index - 1]
            copied = (one for one in earlier if one.was_read and is_copy(fingerprint, one.fingerprint))
            self.originals[key] = next(copied, None)
        return self.originals[key]

    @property
    def head(self) -> ListedModel | None:
        """The model whose turn it is: the first that is still open."""
        # A model that was decided stays so: those before the first open one need no second look.
        while self.decided < len(self.models) and not self.models[self.decided].is_open:
            self.decided += 1
        return self.models[self.decided] if self.decided < len(self.models) else None

    @property
    def is_concluded(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.is_closed and self.head is None

    def base_of(self, model: ListedModel | ModelAnnounced) -> tuple[ListedModel, ...]:
        """Return the earlier models that ``model`` is fused with once it has its turn, as announced."""
        if self.posted.terms.fitness is FitnessKind.STANDALONE:
            return ()
        earlier = self.models[: model.index - 1]
        if self.posted.terms.base is Base.ACCEPTED:
            return tuple(one for one in earlier if one.is_rewarded)
        return tuple(one for one in earlier if one.state is not ModelState.VOID)


@dataclass
class ListedSlot:
    """One entry of the pool: whose it is, what she deposited, and whether she has left it."""

    account: str
    stake_wei: int
    has_left: bool = False


class WebApplication:
    """Tasks, models, the pool and what is owed to whom as events tell of them, and the evaluation board."""

    def __init__(self) -> None:
        self.tasks: dict[int, ListedTask] = {}
        self.models: dict[int, ListedModel] = {}
        self.public_keys: dict[str, bytes] = {}
        self.pool: dict[int, ListedSlot] = {}
        self.owed: dict[str, int] = {}
        self._board: dict[int, dict[str, SignedEvaluation]] = {}

    def report(self, signed: SignedEvaluation) -> None:
        """Put a signed evaluation on the board; a verifier's later one replaces her earlier one."""
        evaluation = signed.evaluation
        self._board.setdefault(evaluation.model_id, {})[evaluation.verifier] = signed

    def evaluations(self, model_id: int) -> tuple[SignedEvaluation, ...]:
        """Return a model's reported evaluations in the order of the seats, in which counting costs least."""
        panel = self.models[model_id].panel
        places = {verifier: seat for seat, verifier in enumerate(panel)}
        reported = self._board.get(model_id, {})
        return tuple(
            reported[verifier]
            for verifier in sorted(reported, key=lambda verifier: places.get(verifier, len(panel)))
        )

    def has_reported(self, model_id: int, verifier: str) -> bool:
        """Whether a verifier's evaluation of a model is on the board."""
        return verifier in self._board.get(model_id, {})

    def follow(self, event: Event, timestamp: int) -> None:
        """Bring the lists up to date with an event of the contract, mined at ``timestamp``."""
        match event:
            case TaskPosted():
                self.tasks[event.task_id] = ListedTask(event)
            case TaskClosed():
                self.tasks[event.task_id].is_closed = True
            case ModelAnnounced():
                model = ListedModel(
                    model_id=event.model_id,
                    task_id=event.task_id,
                    contributor=event.contributor,
                    index=event.index,
                    cid=event.cid,
                    fingerprint=event.fingerprint,
                    key_commitment=event.key_commitment,
                    access_key=event.access_key,
                    draw_block=event.draw_block,
                )
                self.models[event.model_id] = model
                self.tasks[event.task_id].models.append(model)
                self._note_the_head(event.task_id, timestamp)
            case PoolJoined():
                self.public_keys[event.account] = event.public_key
                self.pool[event.slot] = ListedSlot(event.account, event.stake)
            case PoolLeft():
                self.pool[event.slot].has_left = True
            case Credited():
                self.owed[event.account] = self.owed.get(event.account, 0) + event.amount
            case Withdrawn():
                self.owed[event.account] = self.owed.get(event.account, 0) - event.amount
            case DrawArmed():
                self.models[event.model_id].draw_block = event.draw_block
            case PanelDrawn():
                model = self.models[event.model_id]
                model.state = ModelState.EVALUATING
                model.panel = event.panel
                model.base_count = event.base_count
                model.base_digest = event.base_digest
                model.base = self.tasks[model.task_id].base_of(model)
                model.deadlines = event.deadlines
            case EvaluationsRequested():
                self.models[event.model_id].queried = True
            case EvaluationCounted():
                model = self.models[event.model_id]
                model.counted.add(event.verifier)
                model.said[event.verifier] = (event.fitness_bps, event.reference_bps)
            case ModelSettled():
                self.models[event.model_id].state = event.outcome
                self.models[event.model_id].settled_at = timestamp
                self._note_the_head(event.task_id, timestamp)
            case SeatSettled():
                self.models[event.model_id].settled_seats.add(event.verifier)
            case KeyReleased():
                self.models[event.model_id].key_released = True
            case _:
                pass

    def _note_the_head(self, task_id: int, timestamp: int) -> None:
        head = self.tasks[task_id].head
        if head is not None and head.head_since is None:
            head.head_since = timestamp


def base_digest(cids: Iterable[str]) -> bytes:
    """Return the digest that the contract fixes for a base of these CIDs in announcement order."""
    return reduce(extend_base, cids, EMPTY_BASE)
