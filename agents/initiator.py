"""The application initiator: posts tasks with ether behind them, and fuses the models it paid for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ..chain import TransactionRefused
from ..contracts import (
    ContractError,
    KeyReleased,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    TaskTerms,
    explain,
)
from ..errors import VerifuseError
from ..learning import PrivateData
from ..seeds import derive_bytes
from ..storage import WRAPPED_BYTES, SealBroken, StorageError, seal, wrap_key
from ..units import format_ether
from .behaviours.initiators.honest import Honest
from .behaviours.progress import Progress
from .bribes import keep_promises
from .config.task_list import TaskEntry
from .examination import keys_from_the_initiator
from .key_ring import KeyRing
from .participant import Hears, Participant, how_many
from .planter import plant_tree
from .posting import IntegratedModel, Posting, integrate
from .terms import task_terms
from .web_application import ListedModel, ListedTask

if TYPE_CHECKING:
    from .market import Market


class TaskNotPosted(VerifuseError):
    """There is no task, so there is no market: the chain or the contract refused it."""


class Initiator(Participant):
    """Posts her tasks, closes each at its deadline, lets nothing stay open, and keeps the integrated models.

    Attributes:
        behaviour: How she decides.
        postings: Her tasks in the order of posting.
    """

    role = "initiator"
    hears: ClassVar[Hears] = {
        TaskPosted: "watch_the_deadline",
        ModelAnnounced: "watch_the_draw",
        PanelDrawn: "serve_the_panel",
        ModelSettled: "go_on",
        KeyReleased: "unlock",
        TaskClosed: "end",
    }

    def __init__(self, market: "Market", name: str, sample: PrivateData, entries: Sequence[TaskEntry]):
        super().__init__(market, name)
        self.behaviour = self.adopt(market.config.initiator, Honest)
        self.sample = sample
        self.postings = tuple(Posting(entry, market.specs[entry.name]) for entry in entries)
        self.unfinished = len(self.postings)
        self.keys = KeyRing(market.store, self.encryption_key)
        self._posted: dict[int, Posting] = {}
        self._samples: dict[bool, str] = {}

    @property
    def is_done(self) -> bool:
        """Whether all her tasks are over."""
        return not self.unfinished

    @property
    def integrated(self) -> IntegratedModel | None:
        """The model that she ended her first task with, if it paid for any."""
        return self.postings[0].integrated

    def begin(self) -> None:
        """Post the tasks that are due, and mean to post the others.

        Raises:
            TaskNotPosted: The wallet cannot pay for one of them.
        """
        self.activity = "waiting to post a task"
        for posting in self.postings:
            if posting.entry.post_at <= self.market.time:
                self.post(posting)
            else:
                self.later(posting.entry.post_at - self.market.time, self.post, posting)
        for name, wei in self.behaviour.gives().items():
            self.give(name, wei)

    def give(self, name: str, wei: int) -> None:
        """Send ether to somebody, or to everybody of a group."""
        for one, account in self.market.accounts.items():
            if name in (one, self.market.groups.get(one)):
                self.pay(account.address, wei, f"sends {one} {format_ether(wei)} ether")

    def post(self, posting: Posting) -> None:
        """Put a task and the verification sample into the store, and post the task.

        Raises:
            TaskNotPosted: The wallet cannot pay for it.
        """
        market, entry = self.market, posting.entry
        data_cid, is_new = self._store_the_sample(entry.sealed_sample)
        spec_cid = self.store(posting.spec.to_bytes())
        assert entry.deadline is not None and entry.escrow is not None, "the market's tasks are filled in"
        terms = task_terms(
            market.config,
            entry,
            spec_cid=spec_cid,
            data_cid=data_cid,
            oracle=market.oracle.address,
            rule=market.rules[entry.name],
            deadline=market.timestamp_at(entry.deadline),
            access_key=self.public_key if entry.is_sealed else b"",
            plants=plant_tree(market.planters),
        )
        self.activity = "posting the task"
        if is_new:
            self.note("stored", f"put the verification sample into the store under {data_cid}")
        escrow = self.behaviour.deposits(entry.escrow, terms.unit_budget_wei)
        try:
            market.submit(market.contract.post_task(self.account, terms=terms, value_wei=escrow))
        except TransactionRefused as refusal:
            raise TaskNotPosted(f"the task could not be posted: {refusal}") from refusal

    def failed(self, function: str, error: ContractError) -> None:
        """Take note of a reverted transaction; without a task nobody could do anything.

        Raises:
            TaskNotPosted: It was the task.
        """
        if function == "postTask":
            raise TaskNotPosted(f"the task could not be posted: {explain(str(error))}")
        super().failed(function, error)

    def _store_the_sample(self, is_sealed: bool) -> tuple[str, bool]:
        """Return the CID of her sample, open or sealed, and whether it was put into the store just now."""
        if is_sealed in self._samples:
            return self._samples[is_sealed], False
        content = self.sample.to_bytes()
        if is_sealed:
            key = derive_bytes(self.market.config.seed, "sample key", self.name)
            cid = self.store(seal(content, key))
            self.keys.keep(cid, key)
        else:
            cid = self.store(content)
        self._samples[is_sealed] = cid
        return cid, True

    def watch_the_deadline(self, event: TaskPosted) -> None:
        """Know the own task, and mean to close it when announcing ends."""
        if event.initiator != self.address:
            return
        posting = self.postings[len(self._posted)]
        posting.task_id = event.task_id
        self._posted[event.task_id] = posting
        which = "the task" if len(self.market.book.entries) == 1 else f"the task {posting.entry.name}"
        self.note("posted", f"posted {which}")
        self.activity = "waiting for models"
        self.at(event.terms.deadline, self.close, event.task_id)

    def close(self, task_id: int) -> None:
        """Close a task; models already announced are still evaluated and paid.

        Where the contract reserves nothing for them she waits until they are settled, or nobody answered.
        """
        posting, task = self._posted[task_id], self.market.web.tasks[task_id]
        if not self.market.contract.reserves:
            times = [model.deadlines.tally for model in task.models if model.is_open]
            if times and self.market.seconds_until(max(times)) > 0:
                self.at(max(times), self.close, task_id)
                return
        self.close_now(posting)

    def close_now(self, posting: Posting) -> None:
        """Close a task, whatever becomes of its models."""
        if posting.is_closing:
            return
        posting.is_closing = True
        self.activity = "closing the task"
        assert posting.task_id is not None, "the task was posted before anything is done with it"
        self.send(self.market.contract.close_task(self.account, task_id=posting.task_id))

    def watch_the_draw(self, event: ModelAnnounced) -> None:
        """Be there when the first in the queue gets no panel."""
        if event.task_id in self._posted:
            self._watch_the_head(event.task_id)
            self.look_whether_it_is_enough(self._posted[event.task_id])

    def look_whether_it_is_enough(self, posting: Posting) -> None:
        """Close a task before its deadline, if that is her way."""
        progress = self._progress(posting)
        if not self._listed(posting).is_closed and self.behaviour.closes(progress):
            self.note("closes early", f"closes the task after {how_many(progress.announced, 'model')}")
            self.close_now(posting)

    def serve_the_panel(self, event: PanelDrawn) -> None:
        """Hand over the keys that a panel needs; be there when the oracle does not answer in time."""
        posting = self._posted.get(event.task_id)
        if posting is None:
            return
        self.at(event.deadlines.tally, self.expire, event.model_id)
        model = self.market.web.models[event.model_id]
        task, is_sealed = self.market.web.tasks[event.task_id], posting.entry.sealed_sample
        cids = keys_from_the_initiator(task, model, sample_is_sealed=is_sealed)
        if not cids or not self.behaviour.hands_out_keys(self._progress(posting)):
            return
        shares = [
            b"".join(self._wrapped(cid, self.market.web.public_keys[member]) for cid in cids)
            for member in event.panel
        ]
        self.note(
            "handed out keys",
            f"wrapped {how_many(len(cids), 'key')} for each panel member of model {event.model_id}",
            event.model_id,
        )
        self.send(
            self.market.contract.deliver_keys(self.account, model_id=event.model_id, wrapped_keys=shares)
        )

    def _wrapped(self, cid: str, public_key: bytes) -> bytes:
        key = self.keys.key(cid)
        return bytes(WRAPPED_BYTES) if key is None else wrap_key(key, public_key)

    def unlock(self, event: KeyReleased) -> None:
        """Take the key to a rewarded model."""
        model = self.market.web.models[event.model_id]
        if model.task_id in self._posted and self.keys.key(model.cid) is None:
            try:
                self.keys.receive(model.cid, event.wrapped_key)
            except SealBroken as error:
                self.note("cannot open", f"the key to model {model.model_id}: {error}", model.model_id)
            self.finish(self._posted[model.task_id])

    def go_on(self, event: ModelSettled) -> None:
        """Turn to the next model, or finish when that was the last of a closed task."""
        keep_promises(self, event)
        posting = self._posted.get(event.task_id)
        if posting is None:
            return
        model, terms = self.market.web.models[event.model_id], self._terms_of(event.task_id)
        if terms.bond_wei and model.panel:
            assert model.settled_at is not None, "the list follows events before they are handed out"
            unlocked = model.settled_at + terms.plant_window
            posting.unsettled.add(event.model_id)
            # Verifiers have the first block to themselves: it is their money.
            slots = 2 * self.market.config.chain.slot_seconds
            self.at(unlocked + slots, self.settle_the_rest, posting, model)
        self._watch_the_head(event.task_id)
        if self.market.seconds_until(terms.deadline) <= 0:
            self.close(event.task_id)
        else:
            self.look_whether_it_is_enough(posting)
        self.finish(posting)

    def settle_the_rest(self, posting: Posting, model: ListedModel) -> None:
        """Settle the seats that their holders left: a slashed seat's fee comes back to her."""
        posting.unsettled.discard(model.model_id)
        for seat, verifier in enumerate(model.panel):
            if verifier not in model.settled_seats:
                self.note("settles", f"settles seat {seat} of model {model.model_id}", model.model_id)
                self.send(self.market.contract.settle_seat(self.account, model_id=model.model_id, seat=seat))
        self.later(2 * self.market.config.chain.slot_seconds, self.finish, posting)

    def expire(self, model_id: int) -> None:
        """Make a model Void that is still open after its time: nobody who vanished can freeze the escrow."""
        task_id = self.market.web.models[model_id].task_id
        head = self.market.web.tasks[task_id].head
        if not self.market.contract.reserves or head is None or head.model_id != model_id:
            return
        if self.market.seconds_until(self._deadline_of(head)) > 0:
            return
        self.note("expires", f"model {model_id} ran out of time; asks the contract to end it", model_id)
        self.send(self.market.contract.expire_model(self.account, model_id=model_id))

    def end(self, event: TaskClosed) -> None:
        """An own task is closed: conclude it if none of its models is open."""
        if event.task_id in self._posted:
            self.finish(self._posted[event.task_id])

    def finish(self, posting: Posting) -> None:
        """Conclude a task when it is over; wait for the keys of paid models, but not for ever."""
        task = self._listed(posting)
        if posting.is_done or not task.is_concluded or posting.unsettled:
            return
        locked = [model for model in self._rewarded(posting) if not self._can_read(posting, model)]
        if locked and not posting.is_waiting_for_keys:
            posting.is_waiting_for_keys = True
            self.later(posting.entry.key_window, self.conclude, posting)
        elif not locked:
            self.conclude(posting)

    def conclude(self, posting: Posting) -> None:
        """Collect what a task did not spend, fetch the rewarded models and fuse them."""
        if posting.is_done:
            return
        posting.is_done = True
        self.unfinished -= 1
        self.withdraw()
        files: dict[int, bytes] = {}
        for model in self._rewarded(posting):
            number = model.model_id
            if not self._can_read(posting, model):
                self.note("cannot open", f"nobody released the key to model {number}", number)
                continue
            try:
                files[number] = self.keys.read(model.cid)
            except StorageError as error:
                self.note("cannot open", f"model {number}, which she paid for: {error}", number)
        if files:
            posting.integrated = integrate(self, posting, self.sample, files)
            posting.integrated_at = self.market.time
        self.activity = "done" if self.is_done else "waiting for models"

    def _can_read(self, posting: Posting, model: ListedModel) -> bool:
        return not posting.entry.is_sealed or self.keys.key(model.cid) is not None

    def _rewarded(self, posting: Posting) -> list[ListedModel]:
        """Return the models that a task paid for, without her own planted tests."""
        planters = {planter.address for planter in self.market.planters}
        models = self._listed(posting).models
        return [model for model in models if model.is_rewarded and model.contributor not in planters]

    def _progress(self, posting: Posting) -> Progress:
        planters = {planter.address for planter in self.market.planters}
        task = self._listed(posting)
        models = [model for model in task.models if model.contributor not in planters]
        rewarded = sum(model.is_rewarded for model in models)
        return Progress(
            task=posting.entry.name,
            announced=len(models),
            rewarded=rewarded,
            rejected=len(models) - rewarded - sum(model.is_open for model in models),
            seconds_left=self.market.seconds_until(task.posted.terms.deadline),
        )

    def _watch_the_head(self, task_id: int) -> None:
        head = self.market.web.tasks[task_id].head
        if head is not None and not head.panel:
            self.at(self._deadline_of(head), self.expire, head.model_id)

    def _deadline_of(self, head: ListedModel) -> int:
        window = self._terms_of(head.task_id).draw_window
        return head.deadlines.tally if head.panel else head.draw_deadline(window)

    def _terms_of(self, task_id: int) -> TaskTerms:
        return self.market.web.tasks[task_id].posted.terms

    def _listed(self, posting: Posting) -> ListedTask:
        assert posting.task_id is not None, "the task was posted before anything is done with it"
        return self.market.web.tasks[posting.task_id]
