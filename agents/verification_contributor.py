"""The verification contributor: fuses each announced model with the base, measures, and reports."""

from typing import TYPE_CHECKING, ClassVar

from ..chain import CallReverted, Transaction
from ..contracts import (
    COPY,
    NO_SALT,
    UNREADABLE,
    Evaluation,
    EvaluationCommitted,
    KeysDelivered,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    PoolJoined,
    PoolTooSmall,
    SeatSettled,
    SignedEvaluation,
    StakeReclaimed,
    TaskClosed,
    TaskPosted,
    TaskTerms,
    commitment,
    decode_error,
    sign_evaluation,
)
from ..learning import ModelFileError, PrivateData
from ..seeds import derive_bytes
from ..storage import StorageError
from ..units import format_ether
from .config.members import VerifierMember
from .examination import CannotMeasure, Examination
from .journal import Measurement
from .key_ring import KeyRing
from .measuring import Measurements
from .participant import Hears, Participant, how_many
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market


STAKE_BLOCKS = 256
"""Blocks for which the contract keeps a stake after its owner left: so long a draw may still seat her."""


class VerificationContributor(Participant):
    """Sits on the panels that she is drawn for, with a fusion head of her own seed."""

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
    }

    def __init__(self, market: "Market", member: VerifierMember, images: PrivateData | None = None):
        super().__init__(market, member.name, member.settings)
        self.member = member
        keys = KeyRing(market.store, self.encryption_key)
        self.examination = Examination(market, keys, member, images)
        self.slot: int | None = None
        self.is_in_pool = False
        self.left_slots: dict[int, int] = {}
        self.watched: set[int] = set()
        self.to_examine: set[int] = set()
        self.bonded_seats: set[int] = set()
        self.signed: dict[int, SignedEvaluation] = {}

    @property
    def stake(self) -> int:
        """Wei that she deposits on joining the pool."""
        return self.member.settings.stake or 0

    # In the pool.

    def begin(self) -> None:
        """Join the pool that panels are drawn from."""
        for task in self.market.web.tasks.values():
            self.read(task.posted)
        if self.market.is_concluded:
            self.activity = "too late"
            self.note("too late", "found no task that is not over")
        else:
            self.join()

    def join(self) -> None:
        """Join the pool, with a stake if that is asked for."""
        self.activity = "in the pool"
        self.note("joined", "joined the pool of verification contributors")
        public_key, stake = self.public_key, self.stake
        self.is_in_pool = self.send(
            self.market.contract.join_pool(self.account, public_key=public_key, value_wei=stake)
        )

    def note_the_slot(self, event: PoolJoined) -> None:
        """Remember the own slot of the pool."""
        if event.account == self.address:
            self.slot = event.slot
            if not self.reach("joined"):
                self._collect_from_all()  # the last task may have closed in the same block

    def read(self, event: TaskPosted) -> None:
        """Fetch the task's description from the store, by its CID."""
        self.examination.take_up(event)

    def watch(self, event: ModelAnnounced | ModelSettled) -> None:
        """Know whose turn it is; each verifier waits a little longer before she steps in."""
        self.watch_the_head(event.task_id)

    def watch_the_head(self, task_id: int) -> None:
        """Mean to draw the panel of a task's first model, should nobody else."""
        head = self.market.web.tasks[task_id].head
        if head is not None and not head.panel and head.model_id not in self.watched:
            self.watched.add(head.model_id)
            half = self._terms_of(task_id).draw_window / 2
            self.later(half + self._place_in_line, self.draw, head)

    def draw(self, model: ListedModel) -> None:
        """Draw the panel in the contributor's place, if nobody has and the time for it is running out."""
        if model.state is not ModelState.ANNOUNCED:
            return
        if self.market.chain.block_number < model.draw_block:
            self.market.need_block(model.draw_block)
            self.later(self.market.config.chain.slot_seconds, self.draw, model)
            return
        number, panel_size = model.model_id, self._terms_of(model.task_id).panel_size
        drawing = self.market.contract.draw_panel(self.account, model_id=number, panel_size=panel_size)
        if not self._is_in_vain(drawing):
            text = f"steps in to have the panel of model {number} drawn, since its contributor did not"
            self.note("steps in", text, number)
            self.send(drawing)

    def _is_in_vain(self, drawing: Transaction) -> bool:
        """Whether too few were in the pool when the model was announced, which nobody can mend."""
        try:
            self.market.chain.call(self.market.contract.address, drawing.data, sender=self.address)
        except CallReverted as error:
            return isinstance(decode_error(error.data), PoolTooSmall)
        return False

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
        self.at(model.deadlines.reveal, self.ask, model.model_id)
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
            fused = len(model.base) + 1
            if measurements is not None:
                self.work(self._duration(model, fused), self.conclude, model, measurements, fused)
            else:
                assert copied is not None
                text = f"found model {model.model_id} to be a copy of model {copied.model_id}"
                self._say(model, COPY, copied.index, text)

    def conclude(self, model: ListedModel, measurements: Measurements, fused: int) -> None:
        """Say what was measured, in whole basis points."""
        spec = self.examination.spec(model)
        try:
            fitness, reference, accuracies = measurements.result(spec)
        except ModelFileError as error:
            self._call_unreadable(model, error)
            return
        for strategy, accuracy in accuracies.items():
            self.market.journal.measurements.append(
                Measurement(self.market.time, model.model_id, self.name, strategy, fused, accuracy)
            )
        others = how_many(fused - 1, "earlier model")
        if spec.fitness == "standalone":
            text = f"measured {fitness:.2%}: model {model.model_id} alone on its own labels"
        elif spec.fitness == "accuracy":
            text = f"measured {fitness:.2%}: model {model.model_id} fused with {others}"
        else:
            yardstick = "the base alone" if spec.fitness == "gain" else "the base with a random block"
            text = (
                f"measured {fitness:.2%} against {reference:.2%} of {yardstick}: "
                f"model {model.model_id} fused with {others}"
            )
        self._say(model, round(fitness * 10_000), round(reference * 10_000), text)

    def _call_unreadable(self, model: ListedModel, reason: object) -> None:
        self._say(model, UNREADABLE, 0, f"reported model {model.model_id} as unreadable: {reason}")

    def _say(self, model: ListedModel, fitness_bps: int, reference_bps: int, text: str) -> None:
        """Sign an evaluation; commit to it first where the task says so, else put it on the board."""
        self.activity = "in the pool"
        self.note("measured", text, model.model_id)
        market = self.market
        evaluation = Evaluation(
            model_id=model.model_id,
            verifier=self.address,
            fitness_bps=fitness_bps,
            reference_bps=reference_bps,
            base_digest=model.base_digest,
        )
        place = {"chain_id": market.chain.chain_id, "market": market.contract.address}
        if not self._terms_of(model.task_id).reveal_window:
            market.web.report(sign_evaluation(self.account, evaluation, **place, salt=NO_SALT))
            self.reach("reported")
            return
        salt = derive_bytes(market.config.seed, "evaluation salt", f"{self.name}, model {model.model_id}")
        seat = model.seat_of(self.address)
        assert seat is not None, "only a panel member evaluates"
        promise = commitment(evaluation, salt, **place)
        self.send(
            market.contract.commit_evaluation(
                self.account, model_id=model.model_id, seat=seat, commitment=promise
            )
        )
        signed = sign_evaluation(self.account, evaluation, **place, salt=salt)
        self.signed[model.model_id] = signed
        self.at(model.deadlines.evaluation, self.reveal, model, signed)

    def reveal(self, model: ListedModel, signed: SignedEvaluation) -> None:
        """Show what was committed, on the board or on the chain, once nobody can commit any more."""
        if self.member.settings.reveal == "board":
            self.market.web.report(signed)
        else:
            size = self._terms_of(model.task_id).panel_size
            self.send(
                self.market.contract.reveal_evaluation(self.account, evaluation=signed, panel_size=size)
            )
        self.reach("reported")

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

    def ask(self, model_id: int) -> None:
        """Have the oracle asked should the contributor fail to; she wants her fee."""
        third = self._terms_of(self.market.web.models[model_id].task_id).tally_window / 3
        self.later(third + self._place_in_line, self.ask_in_place, model_id)

    def ask_in_place(self, model_id: int) -> None:
        """Ask in the contributor's place, if nobody has."""
        model = self.market.web.models[model_id]
        if model.is_open and not model.queried:
            self.note(
                "steps in",
                f"steps in to ask for the evaluations of model {model_id} in its contributor's place",
                model_id,
            )
            self.send(self.market.contract.request_evaluations(self.account, model_id=model_id))

    def go_on(self, event: ModelSettled) -> None:
        """Have the own seat of a bonded task settled when it may be; turn to the next model."""
        if event.model_id in self.bonded_seats:
            model, terms = self.market.web.models[event.model_id], self._terms_of(event.task_id)
            assert model.settled_at is not None, "the list follows events before they are handed out"
            self.at(model.settled_at + terms.plant_window, self.settle, model)
        model = self.market.web.models[event.model_id]
        if (
            event.outcome is ModelState.REWARDED
            and self.address in model.panel
            and model.key_commitment.strip(b"\0")
        ):
            seconds = 2.0 * self.market.config.chain.slot_seconds + self._place_in_line
            self.later(seconds, self.release_in_place, model)
        self.watch(event)
        self.collect(event.task_id)

    def release_in_place(self, model: ListedModel) -> None:
        """Give the initiator the key to what she paid for, if its contributor has not."""
        wrapped = self.examination.wrapped_for_initiator(model)
        if model.key_released or wrapped is None:
            return
        self.note(
            "steps in",
            f"steps in to release the key of model {model.model_id} in its contributor's place",
            model.model_id,
        )
        self.send(
            self.market.contract.release_key(self.account, model_id=model.model_id, wrapped_key=wrapped)
        )

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

    def leave_the_pool(self) -> None:
        """Leave the pool, and come back for the stake when no draw can seat her any more."""
        slot, self.slot, self.is_in_pool = self.slot, None, False
        self.send(self.market.contract.leave_pool(self.account))
        if slot is not None and self.stake:
            self.left_slots[slot] = self.market.chain.block_number + 1 + STAKE_BLOCKS
            self.come_for_the_stake(slot)

    def come_for_the_stake(self, slot: int) -> None:
        """See that the block comes from which a stake is free, and reclaim it then."""
        self.market.need_block(self.left_slots[slot])
        blocks = max(0, self.left_slots[slot] + 1 - self.market.chain.block_number)
        self.later(blocks * self.market.config.chain.slot_seconds, self.reclaim, slot)

    def reclaim(self, slot: int) -> None:
        """Turn what is left of the stake into credit, once nothing of it is locked for a seat."""
        entry = self.market.contract.pool_slot(slot)
        if slot not in self.left_slots or entry.locked_wei:
            return
        del self.left_slots[slot]
        if entry.stake_wei:
            self.send(self.market.contract.reclaim_stake(self.account, slot=slot))

    def take_the_stake(self, event: StakeReclaimed) -> None:
        """Withdraw the stake."""
        if event.account == self.address:
            self.withdraw()

    # Away and back.

    def take_leave(self) -> None:
        """Collect what is owed, and leave the pool; a seat that she has stays hers."""
        super().take_leave()
        if self.is_in_pool and not self.market.config.is_paper:
            self.leave_the_pool()

    def come_back(self) -> None:
        """Join again, and see to the seats, keys, fees and stakes that were left."""
        self.watched.clear()
        self.to_examine.clear()
        self.note("came back", "came back and looks at what has happened")
        self.withdraw()
        for task in self.market.web.tasks.values():
            self.read(task.posted)
        self._look_at_the_pool()
        if not self.is_in_pool and not self.market.is_concluded:
            self.join()
        for model in self.market.web.models.values():
            if self.address in model.panel:
                self.take_the_seat_again(model)
        for task_id in self.market.web.tasks:
            self.watch_the_head(task_id)
        self._collect_from_all()

    def _collect_from_all(self) -> None:
        for task_id in self.market.web.tasks:
            self.collect(task_id)

    def _look_at_the_pool(self) -> None:
        for slot, listed in self.market.web.pool.items():
            if listed.account != self.address:
                continue
            if not listed.has_left:
                self.slot = slot if self.is_in_pool else None
            elif listed.stake_wei:
                self.left_slots[slot] = self.market.contract.pool_slot(slot).left_block + STAKE_BLOCKS
        for slot in self.left_slots:
            self.come_for_the_stake(slot)

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
        fused = len(model.base) + 1
        in_time = self.market.seconds_until(model.deadlines.evaluation) > self._duration(model, fused)
        if number in self.signed:
            if self.market.seconds_until(model.deadlines.reveal) > 0 and self.address not in model.counted:
                self.at(model.deadlines.evaluation, self.reveal, model, self.signed[number])
        elif in_time and not self.market.web.has_reported(number, self.address):
            for event in self.market.told(KeysDelivered):
                if event.model_id == number:
                    self.examination.receive(model, event, model.panel.index(self.address))
            self.evaluate(model)
            return
        self.at(model.deadlines.reveal, self.ask, number)

    def _terms_of(self, task_id: int) -> TaskTerms:
        return self.market.web.tasks[task_id].posted.terms

    def _duration(self, model: ListedModel, models: int) -> float:
        """Simulated seconds: features of the new model, then one head for each strategy."""
        config, task = self.market.config, self.market.book.of(model.task_id)
        sample, parts = config.verifiers, self.examination.parts
        train = -(-sample.train // parts) * (1 + config.fusion.copies)
        images = train + -(-sample.test // parts) - (-sample.verification // parts)
        heads = 0 if task.fitness == "standalone" else len(task.measured)
        epochs = config.fusion.epochs * config.costs.head_epoch * models * heads
        return (images * config.costs.feature_sample + epochs) / self.member.settings.speed

    @property
    def _place_in_line(self) -> float:
        """Seconds that this verifier lets those before her act first, so that only one pays the gas."""
        return self.member.index * 2.0 * self.market.config.chain.slot_seconds
