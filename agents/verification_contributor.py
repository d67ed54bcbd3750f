"""The verification contributor: fuses each announced model with the base, measures, and reports."""

from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    COPY,
    UNREADABLE,
    EvaluationCommitted,
    KeysDelivered,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    PoolJoined,
    SeatSettled,
    StakeReclaimed,
    TaskClosed,
    TaskPosted,
    TaskTerms,
    Withdrawn,
)
from ..learning import ModelFileError, PrivateData
from ..storage import StorageError
from ..units import format_ether
from .behaviours.seat import Reading, Seat
from .behaviours.verifiers.honest import Honest
from .config.members import VerifierMember
from .examination import CannotMeasure, Examination
from .journal import Measurement
from .key_ring import KeyRing
from .measuring import Measurements, in_words
from .participant import Hears
from .pool_member import PoolMember
from .seating import seat_of
from .stand_in import StandIn
from .voice import Voice
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market


class VerificationContributor(PoolMember):
    """Sits on the panels that she is drawn for, with a fusion head of her own seed.

    Attributes:
        behaviour: How she decides.
    """

    role = "verifier"
    hears: ClassVar[Hears] = {
        PoolJoined: "note_the_slot",
        TaskPosted: "read",
        ModelAnnounced: "watch",
        PanelDrawn: "take_the_seat",
        KeysDelivered: "unlock",
        EvaluationCommitted: "note_the_commitment",
        ModelSettled: "go_on",
        SeatSettled: "note_the_seat",
        StakeReclaimed: "take_the_stake",
        TaskClosed: "leave_the_task",
        Withdrawn: "pass_on",
    }

    def __init__(self, market: "Market", member: VerifierMember, images: PrivateData | None = None):
        super().__init__(market, member.name, member.settings, member.settings.stake or 0)
        self.member = member
        self.behaviour = self.adopt(member.settings, Honest, member.place)
        keys = KeyRing(market.store, self.encryption_key)
        self.stand_in = StandIn(self)
        self.voice = Voice(self)
        self.examination = Examination(market, keys, member, images)
        self.to_examine: set[int] = set()
        self.bonded_seats: set[int] = set()

    # In the pool.

    def begin(self) -> None:
        """Join the pool that panels are drawn from."""
        for task in self.market.web.tasks.values():
            self.read(task.posted)
        if self.market.is_concluded:
            self.activity = "too late"
            self.note("too late", "found no task that is not over")
        elif self.behaviour.joins():
            self.join()
        else:
            self.activity = "not in the pool"
            self.note("stays away", "does not join the pool of verification contributors")

    def note_the_slot(self, event: PoolJoined) -> None:
        """Remember the own slot of the pool."""
        super().note_the_slot(event)
        if event.account == self.address and not self.reach("joined"):
            self._collect_from_all()  # the last task may have closed in the same block

    def read(self, event: TaskPosted) -> None:
        """Fetch the task's description from the store, by its CID."""
        self.examination.take_up(event)

    def watch(self, event: ModelAnnounced | ModelSettled) -> None:
        """Know whose turn it is; each verifier waits a little longer before she steps in."""
        self.stand_in.watch_the_head(event.task_id)

    # On a panel.

    def take_the_seat(self, event: PanelDrawn) -> None:
        """Know the own seat, and begin."""
        if self.address not in event.panel:
            return
        model = self.market.web.models[event.model_id]
        if event.bond:
            self.bonded_seats.add(event.model_id)
        self.activity = f"evaluating model {event.model_id}"
        if self.reach("seated"):
            return
        self.evaluate(model)

    def evaluate(self, model: ListedModel) -> None:
        """Begin to examine, at once or when the keys to what is sealed have come."""
        if not model.has_the_base_that_was_fixed:
            self._give_up(model, "the base that the contract fixed is not the one that the events tell of")
            return
        self.activity = f"evaluating model {model.model_id}"
        self.at(model.deadlines.reveal, self.stand_in.watch_the_query, model)
        if not self.behaviour.answers(self.seat(model)):
            self._stay_silent(model)
        elif not self.behaviour.measures(self.seat(model)):
            self.hold_back(model, None)
        else:
            self.to_examine.add(model.model_id)
            self.at(model.deadlines.key, self.examine, model)
            if not self.examination.missing(model):
                self.examine(model)

    def unlock(self, event: KeysDelivered) -> None:
        """Take the own share of the keys that a contributor or the initiator wrapped for the panel."""
        model = self.market.web.models[event.model_id]
        seat = model.seat_of(self.address)
        if seat is not None and event.model_id in self.to_examine:
            self.examination.receive(model, event, seat)
            if not self.examination.missing(model):
                self.examine(model)

    def examine(self, model: ListedModel) -> None:
        """Read the model, see whether it is a copy, and measure; results count when time has passed."""
        if model.model_id not in self.to_examine:
            return
        self.to_examine.discard(model.model_id)
        try:
            model_file = self.examination.open_model(model)
            copied = None
            if self.market.book.of(model.task_id).report_copies:
                copied = self.examination.copied_from(model, model_file)
            measurements = None if copied else self.examination.measure(model, model_file)
        except CannotMeasure as error:
            self._give_up(model, error)
        except (StorageError, ModelFileError) as error:
            self._call_unreadable(model, error)
        else:
            if measurements is not None:
                self.work(self.examination.seconds(model), self.conclude, model, measurements)
            else:
                assert copied is not None
                text = f"found model {model.model_id} to be a copy of model {copied.model_id}"
                self._have_measured(model, Reading(COPY, copied.index), text)

    def conclude(self, model: ListedModel, measurements: Measurements) -> None:
        """Say what was measured, in whole basis points."""
        spec = self.examination.spec(model)
        try:
            fitness, reference, accuracies = measurements.result(spec)
        except ModelFileError as error:
            self._call_unreadable(model, error)
            return
        for strategy, accuracy in accuracies.items():
            self.market.journal.measurements.append(
                Measurement(
                    self.market.time, model.model_id, self.name, strategy, measurements.models, accuracy
                )
            )
        text = in_words(spec, model, fitness, reference, measurements.models)
        self._have_measured(model, Reading(round(fitness * 10_000), round(reference * 10_000)), text)

    def _call_unreadable(self, model: ListedModel, reason: object) -> None:
        text = f"reported model {model.model_id} as unreadable: {reason}"
        self._have_measured(model, Reading(UNREADABLE), text)

    def _have_measured(self, model: ListedModel, measured: Reading, text: str) -> None:
        self.activity = "in the pool"
        self.note("measured", text, model.model_id)
        self.hold_back(model, measured)

    def hold_back(self, model: ListedModel, measured: Reading | None) -> None:
        """Say it now or later; without a measurement, whatever there is to say."""
        seconds = self.behaviour.waits(self.seat(model))
        if seconds > 0:
            self.later(seconds, self.speak, model, measured)
        else:
            self.speak(model, measured)

    def speak(self, model: ListedModel, measured: Reading | None) -> None:
        """Say what was measured, or something else, or nothing."""
        self.activity = "in the pool"
        seat = self.seat(model)
        said = self.behaviour.says(seat, measured)
        if said is None:
            self._stay_silent(model)
            return
        if said != measured:
            true = "without having measured" if measured is None else "which is not what was measured"
            vote = "for" if seat.passes(said) else "against"
            text = f"votes {vote} model {model.model_id}: {said}, {true}"
            self.note("misreports", text, model.model_id)
        self.voice.say(model, said)

    def seat(self, model: ListedModel) -> Seat:
        """Return her seat as her behaviour is told of it."""
        return seat_of(self, model)

    def _stay_silent(self, model: ListedModel) -> None:
        self.activity = "in the pool"
        self.note("stays silent", f"says nothing about model {model.model_id}", model.model_id)

    def note_the_commitment(self, event: EvaluationCommitted) -> None:
        """The own commitment is mined; what she said is still her secret."""
        if event.verifier == self.address:
            self.reach("committed")

    def _give_up(self, model: ListedModel, reason: object) -> None:
        self.activity = "in the pool"
        self.note(
            "cannot evaluate", f"model {model.model_id} could not be evaluated: {reason}", model.model_id
        )

    # Afterwards.

    def go_on(self, event: ModelSettled) -> None:
        """Have the own seat of a bonded task settled when it may be; turn to the next model."""
        if event.model_id in self.bonded_seats:
            model, terms = self.market.web.models[event.model_id], self._terms_of(event.task_id)
            assert model.settled_at is not None, "the list follows events before they are handed out"
            self.at(model.settled_at + terms.plant_window, self.settle, model)
        model = self.market.web.models[event.model_id]
        is_sealed = model.key_commitment.strip(b"\0")
        if event.outcome is ModelState.REWARDED and self.address in model.panel and is_sealed:
            self.stand_in.watch_the_key(model)
        self.watch(event)
        self.collect(event.task_id)

    def settle(self, model: ListedModel) -> None:
        """Have the own seat paid and its bond unlocked, unless somebody has."""
        if self.address in model.settled_seats:
            return
        seat = model.seat_of(self.address)
        assert seat is not None, "only a panel member has a seat"
        self.send(self.market.contract.settle_seat(self.account, model_id=model.model_id, seat=seat))

    def note_the_seat(self, event: SeatSettled) -> None:
        """Take note of what became of the own seat."""
        if event.verifier == self.address:
            self.bonded_seats.discard(event.model_id)
            lost = f", and {format_ether(event.burnt)} ether of her bond were burnt" if event.burnt else ""
            self.note("seat settled", f"her seat was settled as {event.outcome}{lost}", event.model_id)
            for slot in self.left_slots:
                self.come_for_the_stake(slot)
            self.collect(self.market.web.models[event.model_id].task_id)

    def leave_the_task(self, event: TaskClosed) -> None:
        """The task takes no more models; collect the fees if none is open."""
        self.collect(event.task_id)

    def collect(self, task_id: int) -> None:
        """Withdraw all fees at once when a task is over: one transaction is cheaper than many."""
        if not self.market.web.tasks[task_id].is_concluded or self.bonded_seats:
            return
        self.withdraw()
        if self.stake and self.slot is not None and self.market.is_concluded:
            self.leave_the_pool()

    def pass_on(self, event: Withdrawn) -> None:
        """Give what she earned to whom it is for, if it is not for herself."""
        name = self.behaviour.pays_to()
        if event.account == self.address and name in self.market.accounts:
            whom = self.market.accounts[name].address
            self.pay(whom, event.amount, f"hands {format_ether(event.amount)} ether to {name}")

    # Away and back.

    def take_leave(self) -> None:
        """Collect what is owed, and leave the pool; a seat that she has stays hers."""
        super().take_leave()
        if self.is_in_pool and not self.market.config.is_paper:
            self.leave_the_pool()

    def come_back(self) -> None:
        """Join again, and see to the seats, keys, fees and stakes that were left."""
        self.stand_in.forget()
        self.to_examine.clear()
        self.note("came back", "came back and looks at what has happened")
        self.withdraw()
        for task in self.market.web.tasks.values():
            self.read(task.posted)
        self.look_at_the_pool()
        if not self.is_in_pool and not self.market.is_concluded:
            self.join()
        for model in self.market.web.models.values():
            if self.address in model.panel:
                self.take_the_seat_again(model)
        for task_id in self.market.web.tasks:
            self.stand_in.watch_the_head(task_id)
        self._collect_from_all()

    def _collect_from_all(self) -> None:
        for task_id in self.market.web.tasks:
            self.collect(task_id)

    def take_the_seat_again(self, model: ListedModel) -> None:
        """Go on with a seat that she held while she was away: evaluate, show what she promised, or settle."""
        terms, number = self._terms_of(model.task_id), model.model_id
        if self.address in model.settled_seats:
            self.bonded_seats.discard(number)
        elif terms.bond_wei:
            self.bonded_seats.add(number)
            if model.settled_at is not None:
                self.at(model.settled_at + terms.plant_window, self.settle, model)
        if not model.is_open:
            return
        in_time = self.market.seconds_until(model.deadlines.evaluation) > self.examination.seconds(model)
        if number in self.voice.committed:
            if self.market.seconds_until(model.deadlines.reveal) > 0 and self.address not in model.counted:
                self.at(model.deadlines.evaluation, self.voice.reveal, model)
        elif in_time and not self.market.web.has_reported(number, self.address):
            for event in self.market.told(KeysDelivered):
                if event.model_id == number:
                    self.examination.receive(model, event, model.panel.index(self.address))
            self.evaluate(model)
            return
        self.at(model.deadlines.reveal, self.stand_in.watch_the_query, model)

    def _terms_of(self, task_id: int) -> TaskTerms:
        return self.market.web.tasks[task_id].posted.terms
