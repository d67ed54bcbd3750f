"""A small market on a real EVM, driven by hand."""

import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain
from verifuse.contracts import (
    NO_SALT,
    Base,
    Credited,
    CreditReason,
    Evaluation,
    EvaluationsRequested,
    FitnessKind,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PoolJoined,
    SeatOutcome,
    SeatSettled,
    StakeReclaimed,
    TaskClosed,
    TaskPosted,
    TaskTerms,
    TaskToppedUp,
    Withdrawn,
    commitment,
    deploy_rule,
    deploy_task_market,
    shipped_rule,
    sign_evaluation,
)
from verifuse.seeds import derive_bytes

ARTIFACTS = Path(__file__).parent / "artifacts"
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
ETHER = 10**18
REWARD, FEE, ORACLE_FEE = 1_000_000, 10_000, 500
PEOPLE = ("initiator", "oracle", "carol", "chris", "stranger")


class Ledger:
    """The contract's money as its events alone tell it."""

    def __init__(self):
        self.terms = {}
        self.unreserved, self.reserved = defaultdict(int), defaultdict(int)
        self.held = {}
        self.credit, self.stake, self.locked = defaultdict(int), defaultdict(int), defaultdict(int)
        self.burnt = 0
        self.closed = set()

    def apply(self, event):
        match event:
            case TaskPosted(task_id=task, terms=terms, escrow=wei):
                self.terms[task] = terms
                self.unreserved[task] += wei
            case TaskToppedUp(task_id=task, amount=wei):
                self.unreserved[task] += wei
            case TaskClosed(task_id=task, returned=wei):
                self.closed.add(task)
                self.unreserved[task] -= wei
            case PoolJoined(account=account, stake=wei):
                self.stake[account] += wei
            case StakeReclaimed(account=account, amount=wei):
                self.stake[account] -= wei
            case ModelAnnounced(task_id=task, model_id=model, reserved=wei):
                self.unreserved[task] -= wei
                self.reserved[task] += wei
                self.held[model] = task, wei
            case PanelDrawn(panel=panel, bond=wei):
                for account in panel:
                    self.locked[account] += wei
            case ModelSettled(task_id=task, model_id=model, reports=reports):
                terms = self.terms[task]
                self.free(model, keep=reports * terms.verifier_fee_wei if terms.bond_wei else 0)
            case SeatSettled(model_id=model, verifier=account, outcome=outcome, burnt=wei):
                terms = self.terms[self.held[model][0]]
                self.locked[account] -= terms.bond_wei
                self.stake[account] -= wei
                self.burnt += wei
                if outcome is SeatOutcome.SLASHED:
                    self.free(model, keep=self.held[model][1] - terms.verifier_fee_wei)
            case Credited(account=account, model_id=model, amount=wei, reason=reason):
                self.credit[account] += wei
                if model:
                    self.spend(model, wei)
                else:
                    assert reason in (CreditReason.REFUND, CreditReason.STAKE)
            case Withdrawn(account=account, amount=wei):
                self.credit[account] -= wei

    def spend(self, model, wei):
        task, held = self.held[model]
        self.reserved[task] -= wei
        self.held[model] = task, held - wei

    def free(self, model, keep):
        """Give an open task back what a model no longer needs; a closed one's is in an event of its own."""
        task, held = self.held[model]
        if task not in self.closed:
            self.unreserved[task] += held - keep
            self.spend(model, held - keep)

    def check(self, market):
        counts = market.counts()
        for task_id in range(1, counts.tasks + 1):
            task = market.task(task_id)
            assert task.unreserved_wei == self.unreserved[task_id]
            assert task.reserved_wei == self.reserved[task_id]
        for account, wei in self.credit.items():
            assert market.credit(account) == wei
        stakes, locked = defaultdict(int), defaultdict(int)
        if any(self.stake.values()) or any(self.locked.values()):
            for slot in map(market.pool_slot, range(counts.pool_length)):
                stakes[slot.account] += slot.stake_wei
                locked[slot.account] += slot.locked_wei
                assert slot.locked_wei <= slot.stake_wei
        for account in {*self.stake, *self.locked}:
            assert (stakes[account], locked[account]) == (self.stake[account], self.locked[account])
        assert market.burnt() == self.burnt
        books = (self.unreserved, self.reserved, self.credit, self.stake)
        owned = sum(sum(book.values()) for book in books) + self.burnt
        assert market.chain.balance(market.address) == owned


class Done:
    """What became of a transaction."""

    def __init__(self, receipt, events, failure):
        self.receipt, self.events, self.failure = receipt, events, failure

    def the(self, kind):
        """Return the only event of its kind."""
        (event,) = (event for event in self.events if isinstance(event, kind))
        return event

    def all(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


class World:
    def __init__(self, verifiers=6, joined=True, chain="tester"):
        self.verifiers = [f"v{i}" for i in range(verifiers)]
        self.account = {name: derive_account(7, name) for name in (*PEOPLE, *self.verifiers)}
        self.name = {account.address: name for name, account in self.account.items()}
        config = ChainConfig(name=chain)
        self.chain = open_chain(config, dict.fromkeys(self.account.values(), 1000 * ETHER))
        self.now = config.genesis_time + 12
        self.market = deploy_task_market(self.chain, self.account["stranger"], self.now)
        self.now += 12
        self.rule = deploy_rule(self.chain, self.account["stranger"], self.now, shipped_rule("flat")).address
        self.ledger = Ledger()
        if joined:
            self.join(*self.verifiers)

    def __getitem__(self, name):
        return self.account[name]

    def mine(self, *transactions, wait=12):
        """Mine one block and return what became of each transaction."""
        self.now += wait
        for transaction in transactions:
            self.chain.submit(transaction)
        block = self.chain.mine(self.now)
        done = []
        for receipt in block.receipts:
            events = self.market.events(receipt)
            for event in events:
                self.ledger.apply(event)
            done.append(Done(receipt, events, self.market.failure(receipt)))
        return done

    def do(self, call, sender, /, wait=12, **arguments):
        """Mine one call of the market and return what became of it."""
        if call == "draw_panel":
            arguments.setdefault("panel_size", 3)
        transaction = getattr(self.market, call)(self[sender], **arguments)
        (done,) = self.mine(transaction, wait=wait)
        return done

    def must(self, call, sender, /, wait=12, **arguments):
        done = self.do(call, sender, wait=wait, **arguments)
        assert done.failure is None
        return done

    def refusal(self, call, sender, /, wait=12, **arguments):
        done = self.do(call, sender, wait=wait, **arguments)
        assert done.events == ()
        return done.failure

    def terms(self, **changes):
        terms = TaskTerms(
            spec_cid=CID,
            data_cid=CID[::-1],
            oracle=self["oracle"].address,
            rule=self.rule,
            mafr_bps=7_500,
            fitness=FitnessKind.ACCURACY,
            base=Base.ANNOUNCED,
            model_reward_wei=REWARD,
            verifier_fee_wei=FEE,
            oracle_fee_wei=ORACLE_FEE,
            panel_size=3,
            quorum=2,
            deadline=self.now + 10_000,
            draw_window=600,
            evaluation_window=300,
            tally_window=200,
        )
        return replace(terms, **changes)

    def join(self, *names, stake=0):
        for done in self.mine(*(self.market.join_pool(self[name], value_wei=stake) for name in names)):
            assert done.failure is None

    def post(self, escrow=10 * ETHER, **changes):
        done = self.must("post_task", "initiator", terms=self.terms(**changes), value_wei=escrow)
        return done.the(TaskPosted).task_id

    def announce(self, task_id, sender="carol", cid=CID, **sealing):
        done = self.must("announce_model", sender, task_id=task_id, cid=cid, **sealing)
        return done.the(ModelAnnounced).model_id

    def draw(self, model_id):
        """Draw a panel and return its members' names."""
        while self.chain.block_number < self.market.draw_block(model_id):
            self.mine()
        size = self.ledger.terms[self.market.model(model_id).task_id].panel_size
        done = self.must("draw_panel", "stranger", model_id=model_id, panel_size=size)
        return [self.name[verifier] for verifier in done.the(PanelDrawn).panel]

    def until(self, moment, late=0):
        """Return the wait that puts the next block at that time, at least a slot ahead."""
        return max(12, moment + late - self.now)

    def wait_for(self, moment):
        """Let time pass in an empty block until then, if it is still ahead."""
        if moment > self.now:
            self.mine(wait=moment - self.now)

    def request(self, model_id):
        wait = self.until(self.market.deadlines(model_id).reveal)
        done = self.must("request_evaluations", "stranger", model_id=model_id, wait=wait)
        return done.the(EvaluationsRequested).query_id

    def sign(self, model_id, verifier, fitness, reference=0, /, signer=None, salt=NO_SALT, **changes):
        if "base_digest" not in changes:
            changes["base_digest"] = self.market.model(model_id).base_digest
        values = {"model_id": model_id, "fitness_bps": fitness, "reference_bps": reference, **changes}
        return sign_evaluation(
            self[signer or verifier],
            Evaluation(verifier=self[verifier].address, **values),
            chain_id=self.chain.chain_id,
            market=self.market.address,
            salt=salt,
        )

    def committed_to(self, row):
        place = {"chain_id": self.chain.chain_id, "market": self.market.address}
        return commitment(row.evaluation, row.salt, **place)

    def commit(self, model_id, fitnesses, reference=0):
        """Have the first members of a panel commit to these in one block, and return their rows in order."""
        seats = [self.name[seat.verifier] for seat in self.market.panel(model_id)]
        base = self.market.model(model_id).base_digest
        rows = []
        for seat, fitness in enumerate(fitnesses):
            salt = derive_bytes(seat, "salt")
            rows.append(self.sign(model_id, seats[seat], fitness, reference, base_digest=base, salt=salt))
        calls = (
            self.market.commit_evaluation(
                self[seats[seat]], model_id=model_id, seat=seat, commitment=self.committed_to(row)
            )
            for seat, row in enumerate(rows)
        )
        for done in self.mine(*calls):
            assert done.failure is None
        return rows

    def reveal(self, row, sender="stranger"):
        """Have a row counted on chain as soon as that is possible."""
        model_id = row.evaluation.model_id
        wait = self.until(self.market.deadlines(model_id).evaluation)
        size = len(self.market.panel(model_id))
        return self.do("reveal_evaluation", sender, wait=wait, evaluation=row, panel_size=size)

    def deliver(self, query_id, rows, sender="oracle"):
        return self.must("deliver_evaluations", sender, query_id=query_id, evaluations=rows)

    def seated(self, **changes):
        """Post a task, announce a model and draw its panel; return its id and the panel."""
        model_id = self.announce(self.post(**changes))
        return model_id, self.draw(model_id)

    def vote(self, model_id, fitnesses, reference=0):
        """Have the first members of a panel report these, and return what became of the callback."""
        if self.ledger.terms[self.market.model(model_id).task_id].reveal_window:
            rows = self.commit(model_id, fitnesses, reference)
            return self.deliver(self.request(model_id), rows)
        panel = [self.name[seat.verifier] for seat in self.market.panel(model_id)]
        base = self.market.model(model_id).base_digest
        rows = [
            self.sign(model_id, who, fitness, reference, base_digest=base)
            for who, fitness in zip(panel, fitnesses, strict=False)
        ]
        return self.deliver(self.request(model_id), rows)

    def artifact(self, fixture):
        """Return the creation code of one of the tests' own contracts."""
        raw = json.loads((ARTIFACTS / f"{fixture}.json").read_text(encoding="utf-8"))
        return bytes.fromhex(raw["bytecode"][2:])

    def hostile(self, mood, credit=0):
        """Deploy an account that refuses (1), re-enters (2) or burns gas (3) when paid, with credit."""
        code = self.artifact("HostileAccount")
        (done,) = self.mine(Transaction(self["stranger"], None, code, gas=2_000_000))
        account = done.receipt.contract_address
        self.send(account, "setMood(uint8)", ["uint8"], [mood])
        if credit:
            self.through(account, "post_task", terms=self.terms(), value_wei=credit)
            self.through(account, "close_task", task_id=self.market.counts().tasks)
        return account

    def through(self, account, call, **arguments):
        """Have a hostile account make a call of the market."""
        inner = getattr(self.market, call)(self["stranger"], **arguments)
        values = [self.market.address, inner.data]
        return self.send(account, "forward(address,bytes)", ["address", "bytes"], values, inner.value_wei)

    def send(self, account, signature, types, values, value_wei=0):
        data = keccak(text=signature)[:4] + encode(types, values)
        transaction = Transaction(self["stranger"], account, data, value_wei=value_wei, gas=1_000_000)
        (done,) = self.mine(transaction)
        assert done.failure is None
        return done


@contextmanager
def opening():
    """Give a door to new worlds; what happened in each must agree with its events in the end."""
    worlds = []

    def open_one(**arguments):
        worlds.append(World(**arguments))
        return worlds[-1]

    yield open_one
    for world in worlds:
        world.ledger.check(world.market)
        world.chain.close()


@pytest.fixture
def open_world():
    with opening() as open_one:
        yield open_one


@pytest.fixture
def world(open_world):
    return open_world()


@pytest.fixture(scope="module")
def open_shared_world():
    with opening() as open_one:
        yield open_one


@pytest.fixture(scope="module")
def shared_world(open_shared_world):
    """A world that the cases of a parametrised test have in common, each with a task of its own."""
    return open_shared_world()


@pytest.fixture(scope="module")
def staked_world(open_shared_world):
    """The same with verifiers who have a stake of 1,000 wei."""
    world = open_shared_world(joined=False)
    world.join(*world.verifiers, stake=1_000)
    return world
