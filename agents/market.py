"""The market: a Mesa model in which agents meet a store, a workbench and a contract on a chain.

The market owns time and the chain's slots; the agents own what they do. Nothing is polled: a block is
sealed at the next slot after somebody sent a transaction, and its events are handed to those who listen.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ..chain import Block, Chain, Receipt, Transaction, derive_account, open_chain, signing_secret
from ..contracts import ContractError, Event, TaskMarket, TaskPosted
from ..learning import FingerprintJob, ModelFileError, Surrogate, Workbench, load_data_set
from ..names import Names
from ..storage import ModelStore
from .behaviours.bribery import Bribery
from .clock import EventModel
from .computing_contributor import ComputingContributor
from .config import MarketConfig
from .faults import Faults
from .founding import founding_of
from .initiator import Initiator
from .journal import Journal
from .oracle import Oracle
from .participant import Participant
from .planning import contributor_behaviour, planned_job
from .planter import Planter
from .platform import Platform
from .pool_member import STAKE_BLOCKS
from .population import PLATFORM, SAMPLE, deal_images, own_sample, planter_members, sample_name, wallets
from .seating import bribers_of, groups_of
from .task_book import TaskBook
from .task_spec import TaskSpec
from .verification_contributor import VerificationContributor
from .web_application import WebApplication

T = TypeVar("T")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class MinedTransaction:
    """A receipt with what it means: simulated second, decoded events, and why it failed if it did."""

    time: float
    receipt: Receipt
    events: tuple[Event, ...]
    error: ContractError | None


@dataclass(frozen=True)
class Status:
    """A glance at a running market, safe to take from another thread.

    Attributes:
        time: Simulated seconds.
        block: Newest block.
        transactions: Transactions mined.
        escrow_wei: Ether that the contract holds.
    """

    time: float = 0.0
    block: int = 0
    transactions: int = 0
    escrow_wei: int = 0


class Market(EventModel):
    """One task, or several side by side, from the posting to the last payment.

    Args:
        config: Everything that decides how it runs.
        store: Where models, samples and task descriptions are kept.
        workbench: Where models are trained and fused.
        title: What the task is for, in the initiator's words.
        chain_journal: File in which a running node's answers are remembered; one that exists is continued.

    Raises:
        InputError: The settings ask for something that cannot be had, such as more images than exist;
            raised before anything is trained, mined or written.

    Attributes:
        each_slot: Called with the market after every slot of the chain.
    """

    def __init__(
        self,
        config: MarketConfig,
        *,
        store: ModelStore,
        workbench: Workbench | Surrogate,
        title: str = "",
        chain_journal: Path | None = None,
    ):
        super().__init__(rng=config.seed)
        config = self.config = config.resolved()
        self.store = store
        self.workbench = workbench
        self.journal = Journal()
        self.web = WebApplication()
        self.mined: list[MinedTransaction] = []
        self._are_models: dict[str, bool] = {}
        self.status = Status()
        self.each_slot: list[Callable[[Market], None]] = []
        self.faults = Faults(self, config.faults)
        self._watchers: tuple[ComputingContributor, ...] = ()

        data_set = load_data_set(config.data.set, field="data.set")
        self.data = deal_images(config, data_set)
        self.held_out = self.data.held_out
        entries = config.task_list
        self.specs = {entry.name: TaskSpec.of(config, entry, data_set, title) for entry in entries}

        members = config.contributors.members
        decides = {member.name: contributor_behaviour(config, member) for member in members}
        planned = [
            planned_job(
                config,
                self.specs[entry.name],
                member,
                self.data.shares[member.name],
                decides[member.name],
            )
            for entry in entries
            for member in members
            if member.settings.are_for(entry.name) and decides[member.name].plans_ahead
        ]
        self._training_jobs = [job for job in planned if job is not None]

        found = founding_of(config)
        balances = wallets(config)
        secret = signing_secret(config.chain)
        self.accounts = {name: derive_account(config.seed, name, secret) for name in balances}
        self.names = Names({account.address: name for name, account in self.accounts.items()})
        self.chain: Chain = open_chain(
            config.chain,
            {self.accounts[name]: wei for name, wei in balances.items()},
            journal=chain_journal,
        )
        self.start_balances = {
            name: self.chain.balance(account.address) for name, account in self.accounts.items()
        }
        self.book = TaskBook(entries, {name: account.address for name, account in self.accounts.items()})
        self._epoch = self.chain.timestamp + config.chain.slot_seconds
        self.first_block = self.chain.block_number
        self.newest_block = Block(self.first_block, self.chain.timestamp, b"", ())
        try:
            founded = found(self)
        except BaseException:
            self.chain.close()
            raise
        self.contract: TaskMarket = founded.contract
        self.rules = founded.rules
        self.mined += [MinedTransaction(0.0, receipt, (), None) for receipt in founded.receipts]
        self._slot_is_scheduled = False
        self._needed_block = 0

        self.oracle = Oracle(self, "oracle")
        self.verifiers = tuple(
            VerificationContributor(self, member, self.data.shares.get(own_sample(member.name)))
            for member in config.pool
        )
        self.initiators = tuple(
            Initiator(
                self,
                name,
                self.data.shares[sample_name(config, name)],
                [entry for entry in entries if entry.initiator == name],
            )
            for name in config.initiators
        )
        self.contributors = tuple(
            ComputingContributor(self, member, self.data.shares[member.name], decides[member.name])
            for member in members
        )
        self._watchers = tuple(one for one in self.contributors if one.behaviour.watches_mempool)
        self.planters = tuple(
            Planter(self, member, self.data.shares[SAMPLE], contributor_behaviour(config, member))
            for member in planter_members(config)
        )
        self.platform = Platform(self, PLATFORM)
        self.participants: list[Participant] = [
            self.oracle,
            *self.verifiers,
            *self.initiators,
            *self.contributors,
            *self.planters,
            self.platform,
        ]
        people: dict[str, tuple[Participant, ...]] = {}
        for one in self.participants:
            people[one.name] = (*people.get(one.name, ()), one)
        for one in self.participants:
            one.person = people[one.name]
        arrivals = config.arrivals
        for index, planter in enumerate(self.planters):
            before = self.contributors[index % len(self.contributors)]
            arrivals[planter.name] = arrivals[before.name] + before.presence.gap / 2
        for participant in self.participants:
            participant.later(arrivals.get(participant.name, 0.0), participant.arrive)

    @property
    def initiator(self) -> Initiator:
        """Who posts the first task; the only one, unless the settings name others."""
        return self.initiators[0]

    def run(self) -> None:
        """Run until all tasks are over and everybody is paid, or until all windows must have ended."""
        # The workers begin at once; each contributor asks for her own result when her time comes.
        self.workbench.train_all(self._training_jobs)
        while self.advance():
            pass

    def advance(self) -> bool:
        """Run the next slot, in which at most one block is sealed; return whether there is more to come.

        To call it until nothing is left is to ``run``, but that trainings begin only when they are asked for.
        """
        if not self.running or self.time >= self.horizon:
            return False
        self.run_for(self.config.chain.slot_seconds)
        for watch in self.each_slot:
            watch(self)
        if self.is_finished:
            self.running = False
        return self.running and self.time < self.horizon

    @cached_property
    def horizon(self) -> float:
        """Simulated second by which every window of every model has ended, with room to spare."""
        config = self.config
        last = max(
            config.deadline_of(task) + (config.announcements_of(task) + 1) * task.windows + task.plant_window
            for task in self.book.entries
        )
        staked = [verifier.presence.back_after or 0.0 for verifier in self.verifiers if verifier.stake]
        reclaiming = STAKE_BLOCKS * config.chain.slot_seconds + max(staked) if staked else 0
        return last + reclaiming + 3600.0

    @property
    def is_concluded(self) -> bool:
        """Whether every task was posted and is closed, and every model settled."""
        return self.book.is_complete and all(task.is_concluded for task in self.web.tasks.values())

    @property
    def is_finished(self) -> bool:
        """Whether all tasks are over and the contract holds no ether but what nobody can take out."""
        if self.chain.pending or not all(initiator.is_done for initiator in self.initiators):
            return False
        return self.chain.balance(self.contract.address) == self.contract.burnt() + self.stranded_wei

    @property
    def stranded_wei(self) -> int:
        """Stakes of those who vanished for good without leaving the pool, as nobody can do for them."""
        lost = {one.address for one in self.participants if one.is_gone and not one.comes_back}
        slots = self.web.pool.items()
        stuck = (slot for slot, one in slots if one.stake_wei and not one.has_left and one.account in lost)
        return sum(self.contract.pool_slot(slot).stake_wei for slot in stuck)

    @cached_property
    def groups(self) -> dict[str, str]:
        """Everybody's group, by name."""
        return groups_of(self)

    @cached_property
    def bribers(self) -> tuple[Bribery, ...]:
        """The behaviours of those who promise ether for votes."""
        return bribers_of(self)

    def told(self, kind: type[E]) -> list[E]:
        """Return every event of a kind that the contract has told of so far."""
        return [event for mined in self.mined for event in mined.events if isinstance(event, kind)]

    def submit(self, transaction: Transaction) -> None:
        """Put a transaction into the mempool; it is mined at the next slot.

        Raises:
            TransactionRefused: The sender cannot pay for it.
        """
        self.chain.submit(transaction)
        self._want_block()
        for watcher in self._watchers:
            if watcher.is_present:
                watcher.look_at_pending(transaction)

    def mine(self) -> Block:
        """Seal a block at the time that it is, or later if the chain has gone ahead."""
        now = self.timestamp_at(self.time)
        due = max(now, self.chain.timestamp + 1) + self.faults.jump()
        block = self.newest_block = self.chain.mine(due)
        # Where the chain has gone ahead of the market, what is due at a timestamp comes sooner.
        self._epoch += block.timestamp - now
        return block

    def need_block(self, number: int) -> None:
        """See that block ``number`` is sealed even if nobody sends a transaction: its hash is needed."""
        self._needed_block = max(self._needed_block, number)
        if number > self.chain.block_number:
            self._want_block()

    def wait(self, future: "Future[T]") -> T:
        """Return a result of the workbench; simulated time stands still meanwhile."""
        return future.result()

    def is_model(self, cid: str, model_file: bytes, input_shape: tuple[int, ...]) -> bool:
        """Whether what was announced can be rebuilt as a model; all who read it find the same."""
        if cid not in self._are_models:
            try:
                self.wait(self.workbench.fingerprint(FingerprintJob(model_file, input_shape)))
                self._are_models[cid] = True
            except ModelFileError:
                self._are_models[cid] = False
        return self._are_models[cid]

    def timestamp_at(self, seconds: float) -> int:
        """Return the Unix timestamp of a simulated second."""
        return self._epoch + int(seconds)

    def seconds_until(self, timestamp: int) -> float:
        """Return the simulated seconds from now to a Unix timestamp; negative if it has passed."""
        return timestamp - self._epoch - self.time

    def close(self) -> None:
        """Give back the chain and let the model be collected; its records stay readable."""
        self.chain.close()
        self.free()

    def _want_block(self) -> None:
        if not self._slot_is_scheduled:
            slot = self.config.chain.slot_seconds
            self.schedule_event(self._seal, at=(self.time // slot + 1) * slot)
            self._slot_is_scheduled = True

    def _seal(self) -> None:
        self._slot_is_scheduled = False
        block = self.mine()
        mined = [self._follow(receipt, block.timestamp) for receipt in block.receipts]
        self.mined.extend(mined)
        self._look_around()
        for transaction in mined:
            self._hand_out(transaction)
        if self.chain.pending or self._needed_block > block.number:
            self._want_block()
        if self.is_finished:
            self.running = False

    def _follow(self, receipt: Receipt, timestamp: int) -> MinedTransaction:
        events = self.contract.events(receipt)
        for event in events:
            self.web.follow(event, timestamp)
            if isinstance(event, TaskPosted):
                self.book.note(event)
        return MinedTransaction(self.time, receipt, events, self.contract.failure(receipt))

    def _hand_out(self, transaction: MinedTransaction) -> None:
        sent = transaction.receipt.transaction
        present = [participant for participant in self.participants if participant.is_present]
        sender = next((one for one in present if one.name == sent.sender.name), None)
        if transaction.error is not None and sender is not None:
            sender.failed(sent.function, transaction.error)
        for participant in present:
            for event in transaction.events:
                if participant.is_present and type(event) in participant.hears:
                    participant.hear(event)

    def _look_around(self) -> None:
        self.status = Status(
            time=self.time,
            block=self.chain.block_number,
            transactions=len(self.mined),
            escrow_wei=self.chain.balance(self.contract.address),
        )
