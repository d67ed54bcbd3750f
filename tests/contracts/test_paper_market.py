"""Each way in which the paper's contract, read literally, loses or freezes money; and what TaskMarket does.

docs/explanation/paper_contract.md tells the same in words; every test here is named there.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from verifuse.chain import Receipt
from verifuse.contracts import (
    COPY,
    Access,
    AlreadyInPool,
    ContractError,
    Credited,
    CreditReason,
    EscrowExhausted,
    Evaluation,
    EvaluationCounted,
    EvaluationsRequested,
    EvaluationWindowOpen,
    EvaluationWindowOver,
    Event,
    FitnessKind,
    KeyReleased,
    KeysDelivered,
    MafrOutOfRange,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    NotInitiator,
    NotOracle,
    Plant,
    PlantRevealed,
    PlantTree,
    QueryAnswered,
    QuorumMissed,
    RowRefused,
    RowSkipped,
    SeatOutcome,
    SeatSettled,
    SignedEvaluation,
    SkipReason,
    TaskClosed,
    TaskIsClosed,
    TaskPosted,
    UnknownModel,
    WrongState,
)
from verifuse.contracts.artifact import shipped_artifact
from verifuse.contracts.paper_market import PaperTerms, PaymentFailed, deploy_paper_market
from verifuse.storage import (
    ModelStore,
    SealBroken,
    encryption_public_key,
    is_sealed,
    key_commitment,
    open_sealed,
    seal,
    unwrap_key,
    wrap_key,
)

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "contracts" / "solidity" / "paper" / "PaperMarket.sol"
PAGE = ROOT / "docs/explanation/paper_contract.md"
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
REWARD, FEE, ORACLE_FEE = 1_000_000, 10_000, 500
ONE_MODEL = REWARD + 3 * FEE
A_YEAR = 365 * 86_400
REFUSING, BURNING = 1, 3
BOND = 500
BONDED = {"reveal_window": 100, "bond_wei": BOND}


@dataclass
class Done:
    """What became of a call of the paper's contract."""

    receipt: Receipt
    events: tuple[Event, ...]
    failure: ContractError | None

    def the(self, kind):
        (event,) = self.all(kind)
        return event

    def all(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def paid(self):
        """Return what each account was paid, by reason."""
        return [(event.account, event.reason, event.amount) for event in self.all(Credited)]


class Paper:
    """The paper's market on the same chain, among the same people as TaskMarket."""

    def __init__(self, world):
        self.world = world
        world.now += 12
        self.market = deploy_paper_market(world.chain, world["stranger"], world.now)

    def do(self, call, sender, wait=12, **arguments):
        self.world.now += wait
        self.world.chain.submit(getattr(self.market, call)(self.world[sender], **arguments))
        (receipt,) = self.world.chain.mine(self.world.now).receipts
        return Done(receipt, self.market.events(receipt), self.market.failure(receipt))

    def must(self, call, sender, **arguments):
        done = self.do(call, sender, **arguments)
        assert done.failure is None
        return done

    def refusal(self, call, sender, **arguments):
        done = self.do(call, sender, **arguments)
        assert done.events == ()
        return done.failure

    def join(self, *names):
        for name in names:
            self.must("join_pool", name)

    def post(self, escrow=10 * ONE_MODEL, **changes):
        terms = replace(PaperTerms.of(self.world.terms()), **changes)
        return self.must("post_task", "initiator", terms=terms, value_wei=escrow).the(TaskPosted).task_id

    def announce(self, task_id, sender="carol", cid=CID):
        return self.must("announce_model", sender, task_id=task_id, cid=cid).the(ModelAnnounced).model_id

    def request(self, model_id, sender="stranger"):
        done = self.must("request_evaluations", sender, model_id=model_id)
        return done.the(EvaluationsRequested).query_id

    def rows(self, **fitnesses):
        """Return unsigned evaluations, by the verifiers' names."""
        return [
            SignedEvaluation(Evaluation(0, self.world[name].address, fitness, 0, bytes(32)), b"")
            for name, fitness in fitnesses.items()
        ]

    def answer(self, model_id, **fitnesses):
        query_id = self.request(model_id)
        return self.do("deliver_evaluations", "oracle", query_id=query_id, evaluations=self.rows(**fitnesses))

    def wei(self):
        return self.world.chain.balance(self.market.address)

    def hostile(self, mood, call, **arguments):
        """Have an account that misbehaves when paid make a call of the paper's market."""
        account = self.world.hostile(mood)
        inner = getattr(self.market, call)(self.world["stranger"], **arguments)
        self.world.send(
            account, "forward(address,bytes)", ["address", "bytes"], [self.market.address, inner.data]
        )
        return account


@pytest.fixture
def paper(world):
    """Return the paper's market with three registered verifiers: v0, v1 and v2."""
    paper = Paper(world)
    paper.join("v0", "v1", "v2")
    return paper


# What it does well enough: the paper's two events.


def test_the_two_events_of_the_paper_pay_everybody_at_once(paper, world):
    who = {name: world[name].address for name in ("carol", "v0", "v1", "v2")}
    task_id = paper.post(escrow=2 * ONE_MODEL)
    model_id = paper.announce(task_id)
    before = {address: world.chain.balance(address) for address in who.values()}
    done = paper.answer(model_id, v0=9_000, v1=7_501, v2=7_500)
    assert [event.passed for event in done.all(EvaluationCounted)] == [True, True, False]
    assert done.the(ModelSettled) == ModelSettled(model_id, task_id, ModelState.REWARDED, 3, 2)
    fees = [(who[name], CreditReason.VERIFIER_FEE, FEE) for name in ("v0", "v1", "v2")]
    assert done.paid() == [(who["carol"], CreditReason.MODEL_REWARD, REWARD), *fees]
    for address in who.values():
        (amount,) = (amount for account, _, amount in done.paid() if account == address)
        assert world.chain.balance(address) - before[address] == amount
    assert paper.market.escrow(task_id) == paper.wei() == ONE_MODEL
    closed = paper.must("close_task", "initiator", task_id=task_id)
    assert closed.the(TaskClosed).returned == ONE_MODEL
    assert paper.wei() == 0


def test_a_rejected_model_is_not_paid_and_its_verifiers_are(paper):
    done = paper.answer(paper.announce(paper.post()), v0=9_000, v1=7_500, v2=0)
    assert done.the(ModelSettled).outcome is ModelState.REJECTED
    assert [reason for _, reason, _ in done.paid()] == [CreditReason.VERIFIER_FEE] * 3


def test_one_task_cannot_spend_anothers_escrow(paper):
    poor, rich = paper.post(escrow=3 * FEE), paper.post(escrow=ONE_MODEL)
    model_id = paper.announce(poor)
    assert paper.answer(model_id, v0=9_000).failure == EscrowExhausted(3 * FEE, ONE_MODEL)
    assert paper.answer(model_id, v0=0).failure is None
    assert (paper.market.escrow(poor), paper.market.escrow(rich), paper.wei()) == (0, ONE_MODEL, ONE_MODEL)


def test_its_refusals_have_names(paper, world):
    task_id = paper.post()
    stranger, initiator = world["stranger"].address, world["initiator"].address
    assert paper.refusal("join_pool", "v1") == AlreadyInPool(world["v1"].address, 1)
    assert paper.refusal("announce_model", "carol", task_id=9, cid=CID) == TaskIsClosed(9)
    assert paper.refusal("request_evaluations", "carol", model_id=9) == UnknownModel(9)
    assert paper.refusal("close_task", "stranger", task_id=task_id) == NotInitiator(stranger, initiator)
    query_id = paper.request(paper.announce(task_id))
    refusal = paper.refusal("deliver_evaluations", "stranger", query_id=query_id, evaluations=[])
    assert refusal == NotOracle(stranger, world["oracle"].address)


def test_the_shipped_bytecode_belongs_to_the_source():
    (digest,) = shipped_artifact("PaperMarket").sources.values()
    text = SOURCE.read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == digest, "PaperMarket.sol changed: node compile.mjs"
    assert len(text.splitlines()) <= 120


# The escrow.


def test_junk_drains_the_escrow_before_a_good_model_is_settled(paper, world):
    task_id = paper.post(escrow=ONE_MODEL)
    good, junk = paper.announce(task_id), paper.announce(task_id, sender="chris")
    assert paper.answer(junk, v0=0, v1=0, v2=0).failure is None
    assert paper.answer(good, v0=9_000, v1=9_000, v2=9_000).failure == EscrowExhausted(REWARD, ONE_MODEL)

    budget = ONE_MODEL + ORACLE_FEE
    good = world.announce(world.post(escrow=budget))
    refusal = world.refusal("announce_model", "chris", task_id=1, cid=CID)
    assert refusal == EscrowExhausted(0, budget)
    world.draw(good)
    world.vote(good, [9_000] * 3)
    assert world.market.credit(world["carol"].address) == REWARD


def test_the_initiator_reads_the_public_model_and_closes_the_task(paper, world):
    task_id = paper.post(escrow=ONE_MODEL)
    announced = paper.must("announce_model", "carol", task_id=task_id, cid=CID).the(ModelAnnounced)
    assert announced.cid == CID
    closed = paper.must("close_task", "initiator", task_id=task_id)
    assert closed.the(TaskClosed).returned == ONE_MODEL
    done = paper.answer(announced.model_id, v0=9_000, v1=9_000, v2=9_000)
    assert done.failure == EscrowExhausted(0, ONE_MODEL)

    model_id = world.announce(world.post(escrow=ONE_MODEL + ORACLE_FEE))
    assert world.must("close_task", "initiator", task_id=1).the(TaskClosed).returned == 0
    world.draw(model_id)
    world.vote(model_id, [9_000] * 3)
    assert world.market.credit(world["carol"].address) == REWARD


def test_a_task_takes_models_that_nothing_stands_behind(paper, world):
    model_id = paper.announce(paper.post(escrow=0))
    assert paper.answer(model_id, v0=9_000, v1=9_000).failure == EscrowExhausted(0, ONE_MODEL)

    task_id = world.post(escrow=0)
    refusal = world.refusal("announce_model", "carol", task_id=task_id, cid=CID)
    assert refusal == EscrowExhausted(0, ONE_MODEL + ORACLE_FEE)


def test_a_task_can_promise_what_no_model_can_earn(paper, world):
    model_id = paper.announce(paper.post(mafr_bps=10_001))
    assert paper.answer(model_id, v0=10_000, v1=10_000).the(ModelSettled).outcome is ModelState.REJECTED

    refusal = world.refusal("post_task", "initiator", terms=world.terms(mafr_bps=10_001), value_wei=1)
    assert refusal == MafrOutOfRange(10_001)


# Who is paid for what.


def test_lazy_verifiers_are_paid_like_the_one_who_works(paper, world):
    done = paper.answer(paper.announce(paper.post()), v0=9_000)
    assert {account for account, reason, _ in done.paid() if reason is CreditReason.VERIFIER_FEE} == {
        world[name].address for name in ("v0", "v1", "v2")
    }

    model_id, panel = world.seated()
    world.vote(model_id, [9_000, 9_000])
    assert [world.market.credit(world[name].address) for name in panel] == [FEE, FEE, 0]


def test_lazy_verifiers_make_a_number_up(paper, world):
    done = paper.answer(paper.announce(paper.post()), v0=9_000, v1=9_000, v2=10_000)
    assert (world["v2"].address, CreditReason.VERIFIER_FEE, FEE) in done.paid()

    plant = Plant("a model that the initiator knows", 9_000, b"\5" * 32)
    terms = {"fitness": FitnessKind.STANDALONE, "plant_window": 60, "plant_root": PlantTree((plant,)).root}
    for name in ("v0", "v1", "v2"):  # who is not staked has no seat
        world.must("leave_pool", name)
        world.join(name, stake=BOND)
    model_id = world.announce(world.post(**terms, **BONDED), cid=plant.cid)
    panel = world.draw(model_id)
    world.vote(model_id, [9_000, 9_000, 10_000])
    shown = {"plant_bps": plant.fitness_bps, "salt": plant.salt, "proof": ()}
    assert world.must("reveal_plant", "initiator", model_id=model_id, **shown).the(PlantRevealed).agreed
    world.mine(wait=60)
    for seat in range(3):
        world.must("settle_seat", "stranger", model_id=model_id, seat=seat)
    assert [world.market.credit(world[name].address) for name in panel] == [FEE, FEE, 0]
    assert world.market.burnt() == BOND


def test_sybils_register_after_the_announcement_and_are_paid(paper, world):
    model_id = paper.announce(paper.post())
    sybils = ("v3", "v4", "v5")
    paper.join(*sybils)
    done = paper.answer(model_id, v0=9_000, v1=9_000, v2=9_000)
    paid = [account for account, reason, _ in done.paid() if reason is CreditReason.VERIFIER_FEE]
    assert paid[3:] == [world[name].address for name in sybils]

    for name in sybils:
        world.must("leave_pool", name)
    model_id = world.announce(world.post())
    world.join(*sybils)
    assert sorted(world.draw(model_id)) == ["v0", "v1", "v2"]


def test_sybils_stay_and_do_nothing(paper, world):
    sybils = ("v3", "v4", "v5")
    paper.join(*sybils)
    for _ in range(2):
        done = paper.answer(paper.announce(1 if paper.market.task_count() else paper.post()), v0=9_000)
        paid = [account for account, reason, _ in done.paid() if reason is CreditReason.VERIFIER_FEE]
        assert paid[3:] == [world[name].address for name in sybils]

    for name in ("v0", "v1"):
        world.must("leave_pool", name)
        world.join(name, stake=2 * BOND)
    task_id = world.post(**BONDED)
    assert sorted(world.draw(world.announce(task_id))) == ["v0", "v1"]  # the unstaked are not drawn
    world.vote(1, [9_000])
    wait = world.until(world.market.deadlines(1).tally)
    world.must("expire_model", "stranger", wait=wait, model_id=1)
    settled = [
        world.must("settle_seat", "stranger", model_id=1, seat=seat).the(SeatSettled) for seat in (0, 1)
    ]
    assert [seat.outcome for seat in settled] == [SeatOutcome.PAID, SeatOutcome.SILENT]
    assert world.market.burnt() == BOND


def test_a_contributor_judges_her_own_model(paper, world):
    paper.join("carol")
    done = paper.answer(paper.announce(paper.post()), v0=0, carol=9_000, initiator=9_000)
    assert done.the(ModelSettled).outcome is ModelState.REWARDED
    own = [reason for account, reason, _ in done.paid() if account == world["carol"].address]
    assert own == [CreditReason.MODEL_REWARD, CreditReason.VERIFIER_FEE]

    world.join("carol", "initiator")
    model_id, panel = world.seated(panel_size=8, quorum=2)
    assert sorted(panel) == world.verifiers
    rows = [world.sign(model_id, name, 9_000) for name in ("carol", "initiator")]
    done = world.deliver(world.request(model_id), rows)
    assert [event.reason for event in done.all(RowSkipped)] == [SkipReason.NO_SEAT] * 2


def test_a_plagiarist_announces_the_same_model_again(paper, world):
    task_id = paper.post()
    first = paper.must("announce_model", "carol", task_id=task_id, cid=CID).the(ModelAnnounced)
    copy = paper.announce(task_id, sender="chris", cid=first.cid)
    votes = dict.fromkeys(("v0", "v1", "v2"), 9_000)
    for model_id, who in ((first.model_id, "carol"), (copy, "chris")):
        assert paper.answer(model_id, **votes).paid()[0] == (
            world[who].address,
            CreditReason.MODEL_REWARD,
            REWARD,
        )

    task_id = world.post()
    first = world.announce(task_id)
    world.draw(first)
    world.vote(first, [9_000] * 3)
    copy = world.announce(task_id, "chris")
    panel = world.draw(copy)
    rows = [world.sign(copy, name, COPY, 1) for name in panel]
    done = world.deliver(world.request(copy), rows)
    assert done.the(ModelSettled).outcome is ModelState.REJECTED
    assert world.market.credit(world["chris"].address) == 0


def test_a_public_model_is_used_and_announced_by_whoever_reads_it(paper, world, tmp_path):
    store, model = ModelStore(tmp_path), b"weights that took a year to train"
    announced = paper.must("announce_model", "carol", task_id=paper.post(), cid=store.put(model))
    assert store.get(announced.the(ModelAnnounced).cid) == model

    initiator, key = world["initiator"].private_key, b"\7" * 32
    terms = {
        "access": Access.SEALED_FOR_INITIATOR,
        "access_key": encryption_public_key(initiator),
        "key_window": 60,
    }
    task_id = world.post(**terms)
    wrapped = wrap_key(key, encryption_public_key(initiator))
    sealing = {"cid": store.put(seal(model, key)), "key_commitment": key_commitment(wrapped)}
    announced = world.must("announce_model", "carol", task_id=task_id, **sealing).the(ModelAnnounced)
    public = store.get(announced.cid)
    assert is_sealed(public)
    for name in ("initiator", "chris"):
        with pytest.raises(SealBroken):
            open_sealed(public, world[name].private_key)

    panel = world.draw(1)
    keys = [wrap_key(key, encryption_public_key(world[name].private_key)) for name in panel]
    delivered = world.must("deliver_keys", "carol", model_id=1, wrapped_keys=keys).the(KeysDelivered)
    for seat, name in enumerate(panel):
        own = delivered.wrapped_keys[81 * seat : 81 * (seat + 1)]
        assert open_sealed(public, unwrap_key(own, world[name].private_key)) == model
        with pytest.raises(SealBroken):
            unwrap_key(own, initiator)
    world.vote(1, [9_000] * 3)
    released = world.must("release_key", panel[0], model_id=1, wrapped_key=wrapped).the(KeyReleased)
    assert open_sealed(public, unwrap_key(released.wrapped_key, initiator)) == model
    with pytest.raises(SealBroken):
        unwrap_key(released.wrapped_key, world["chris"].private_key)


def test_a_vote_is_copied_from_the_chain(paper, world):
    model_id = paper.announce(paper.post())
    seen = paper.answer(model_id, v0=8_123).the(EvaluationCounted).fitness_bps
    copied = paper.answer(model_id, v1=seen)
    assert copied.the(EvaluationCounted) == EvaluationCounted(
        model_id, world["v1"].address, 8_123, 0, passed=True
    )

    model_id, (author, copier, _) = world.seated(reveal_window=100)
    row = world.sign(model_id, author, 8_123, salt=b"\1" * 32)
    for seat, name in enumerate((author, copier)):  # all that the copier can see
        seen = world.committed_to(row)
        world.must("commit_evaluation", name, model_id=model_id, seat=seat, commitment=seen)
    assert world.reveal(row).failure is None
    late = world.sign(model_id, copier, 8_123, salt=b"\1" * 32)
    assert world.reveal(late).failure == RowRefused(SkipReason.NOT_COMMITTED)
    again = {"model_id": model_id, "seat": 1, "commitment": world.committed_to(late)}
    assert isinstance(world.refusal("commit_evaluation", copier, **again), EvaluationWindowOver)


# The oracle and the count.


def test_an_oracle_invents_evaluations(paper, world):
    model_id = paper.announce(paper.post())
    done = paper.answer(model_id, v0=10_000, stranger=10_000, oracle=10_000)
    assert done.the(ModelSettled).outcome is ModelState.REWARDED

    model_id, panel = world.seated()
    rows = [world.sign(model_id, name, 10_000, signer="oracle") for name in panel]
    done = world.deliver(world.request(model_id), [*rows, world.sign(model_id, "stranger", 10_000)])
    reasons = [event.reason for event in done.all(RowSkipped)]
    assert reasons == [SkipReason.BAD_SIGNATURE] * 3 + [SkipReason.NO_SEAT]
    assert done.the(QuorumMissed).reports == 0


def test_one_vote_is_brought_many_times(paper, world):
    model_id = paper.announce(paper.post())
    rows = [*paper.rows(v0=0, v1=0), *paper.rows(v2=9_000) * 3]
    query_id = paper.request(model_id)
    done = paper.must("deliver_evaluations", "oracle", query_id=query_id, evaluations=rows)
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REWARDED, 5, 3)

    model_id, panel = world.seated()
    rows = [world.sign(model_id, name, fitness) for name, fitness in zip(panel, (0, 0, 9_000), strict=True)]
    done = world.deliver(world.request(model_id), [*rows, rows[2], rows[2]])
    assert [event.reason for event in done.all(RowSkipped)] == [SkipReason.ALREADY_COUNTED] * 2
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REJECTED, 3, 1)


def test_an_evaluation_can_be_any_number(paper, world):
    done = paper.answer(paper.announce(paper.post()), v0=2**31 - 1)
    assert done.the(EvaluationCounted).passed

    model_id, panel = world.seated()
    done = world.deliver(world.request(model_id), [world.sign(model_id, panel[0], 10_001)])
    assert done.the(RowSkipped).reason is SkipReason.FITNESS_OUT_OF_RANGE


def test_the_majority_of_whoever_was_brought_decides(paper, world):
    tie = paper.answer(paper.announce(paper.post()), v0=9_000, v1=0)
    assert tie.the(ModelSettled).outcome is ModelState.REJECTED
    done = paper.answer(paper.announce(1), v0=9_000)
    assert done.the(ModelSettled) == ModelSettled(2, 1, ModelState.REWARDED, 1, 1)

    model_id, _ = world.seated(quorum=2)
    done = world.vote(model_id, [9_000])
    assert done.the(QuorumMissed) == QuorumMissed(model_id, model_id, 1, 2)
    assert world.market.model(model_id).state is ModelState.EVALUATING


def test_an_empty_answer_settles_a_model(paper, world):
    done = paper.answer(paper.announce(paper.post()))
    assert done.the(ModelSettled) == ModelSettled(1, 1, ModelState.REJECTED, 0, 0)
    assert len(done.paid()) == 3

    model_id, _ = world.seated()
    done = world.vote(model_id, [])
    assert done.the(QuorumMissed).reports == 0
    assert done.all(Credited) == []
    world.mine(wait=300)
    assert world.must("expire_model", "stranger", model_id=model_id).the(ModelSettled).outcome is (
        ModelState.VOID
    )
    assert world.market.task(1).reserved_wei == 0


def test_a_query_is_answered_twice(paper, world):
    query_id = paper.request(paper.announce(paper.post()))
    answer = {"query_id": query_id, "evaluations": paper.rows(v0=9_000, v1=9_000, v2=9_000)}
    for _ in range(2):
        assert len(paper.must("deliver_evaluations", "oracle", **answer).paid()) == 4
    assert paper.wei() == 8 * ONE_MODEL

    model_id, panel = world.seated()
    query_id = world.request(model_id)
    rows = [world.sign(model_id, name, 9_000) for name in panel]
    world.deliver(query_id, rows)
    refusal = world.refusal("deliver_evaluations", "oracle", query_id=query_id, evaluations=rows)
    assert refusal == QueryAnswered(query_id)


def test_a_settled_model_is_asked_about_until_the_answer_pleases(paper, world):
    model_id = paper.announce(paper.post())
    outcomes = [paper.answer(model_id, v0=fitness).the(ModelSettled).outcome for fitness in (0, 7_400, 7_600)]
    assert outcomes == [ModelState.REJECTED, ModelState.REJECTED, ModelState.REWARDED]
    assert paper.wei() == 10 * ONE_MODEL - REWARD - 9 * FEE

    model_id, _ = world.seated()
    early = world.refusal("request_evaluations", "carol", model_id=model_id)
    assert early == EvaluationWindowOpen(model_id, world.market.deadlines(model_id).evaluation)
    world.vote(model_id, [0, 0, 0])
    refusal = world.refusal("request_evaluations", "carol", model_id=model_id)
    assert refusal == WrongState(model_id, ModelState.REJECTED)


# Payees.


def test_a_payee_who_refuses_blocks_everybody(paper, world):
    account = paper.hostile(REFUSING, "join_pool")
    done = paper.answer(paper.announce(paper.post()), v0=9_000, v1=9_000, v2=9_000)
    assert done.failure == PaymentFailed(account, FEE)
    assert paper.wei() == 10 * ONE_MODEL

    account = world.hostile(REFUSING)
    task_id = world.post()
    world.through(account, "announce_model", task_id=task_id, cid=CID)
    panel = world.draw(1)
    world.vote(1, [9_000] * 3)
    for name in panel:
        world.must("withdraw_for", "stranger", account=world[name].address)
    assert world.market.credit(account) == REWARD


def test_a_payee_who_burns_gas_makes_the_oracle_pay_and_blocks_everybody(paper, world):
    model_id = paper.announce(paper.post())
    honest = paper.answer(model_id, v0=9_000, v1=9_000, v2=9_000).receipt.gas_used
    paper.hostile(BURNING, "join_pool")
    done = paper.answer(model_id, v0=9_000, v1=9_000, v2=9_000)
    assert done.failure is not None
    assert done.receipt.gas_used > 2 * honest
    assert done.receipt.gas_used > 0.95 * done.receipt.transaction.gas

    account = world.hostile(BURNING)
    world.through(account, "announce_model", task_id=world.post(), cid=CID)
    panel = world.draw(1)
    done = world.vote(1, [9_000] * 3)
    assert done.receipt.gas_used < 300_000
    assert world.do("withdraw_for", "stranger", account=account).failure is not None
    for name in panel:
        world.must("withdraw_for", "stranger", account=world[name].address)


def test_every_registration_makes_every_answer_dearer(paper, world):
    task_id = paper.post(escrow=100 * ONE_MODEL)
    votes = {"v0": 9_000, "v1": 9_000}
    paper.answer(paper.announce(task_id), **votes)
    few = paper.answer(paper.announce(task_id), **votes).receipt.gas_used
    paper.join("v3", "v4", "v5")
    many = paper.answer(paper.announce(task_id), **votes).receipt.gas_used
    each = (many - few) / 3
    assert 30_000_000 / each < 2_100  # so many verifiers fill a whole block of Ethereum's size

    gas, unpaid = [], {"verifier_fee_wei": 0}  # a first fee costs more than a later one
    for joiners in (("stranger",), ("carol", "chris", "oracle")):
        model_id, _ = world.seated(**unpaid)
        gas.append(world.vote(model_id, [9_000] * 3).receipt.gas_used)
        world.join(*joiners)
    model_id, _ = world.seated(**unpaid)
    gas.append(world.vote(model_id, [9_000] * 3).receipt.gas_used)
    assert gas[2] < 1.01 * gas[1]


# Silence.


def test_a_silent_oracle_freezes_every_model(paper, world):
    model_id = paper.announce(paper.post())
    paper.request(model_id)
    again = paper.do("request_evaluations", "carol", wait=A_YEAR, model_id=model_id)
    assert again.failure is None
    assert paper.wei() == 10 * ONE_MODEL
    assert isinstance(paper.refusal("close_task", "carol", task_id=1), NotInitiator)

    model_id, _ = world.seated(escrow=ONE_MODEL + ORACLE_FEE)
    world.request(model_id)
    world.mine(wait=A_YEAR)
    world.must("expire_model", "stranger", model_id=model_id)
    world.must("close_task", "stranger", task_id=1)
    world.must("withdraw_for", "stranger", account=world["initiator"].address)
    assert world.chain.balance(world.market.address) == 0


def test_a_silent_initiator_freezes_what_is_left(paper, world):
    task_id = paper.post(escrow=2 * ONE_MODEL)
    paper.answer(paper.announce(task_id), v0=9_000, v1=9_000, v2=9_000)
    for name in ("stranger", "oracle", "carol", "v0"):
        refusal = paper.refusal("close_task", name, wait=A_YEAR, task_id=task_id)
        assert refusal == NotInitiator(world[name].address, world["initiator"].address)
    assert paper.wei() == ONE_MODEL

    model_id, _ = world.seated(escrow=2 * (ONE_MODEL + ORACLE_FEE))
    panel = [world.name[seat.verifier] for seat in world.market.panel(model_id)]
    world.vote(model_id, [9_000] * 3)
    world.must("close_task", "stranger", wait=A_YEAR, task_id=1)
    for name in ("initiator", "carol", "oracle", *panel):
        world.must("withdraw_for", "stranger", account=world[name].address)
    assert world.chain.balance(world.market.address) == 0


# The page.


def test_the_page_quotes_the_source_and_names_every_test():
    page = PAGE.read_text(encoding="utf-8")
    source = [line.strip() for line in SOURCE.read_text(encoding="utf-8").splitlines()]
    quoted = [
        line.strip()
        for block in re.findall(r"```solidity\n(.*?)```", page, re.DOTALL)
        for line in block.splitlines()
        if line.strip()
    ]
    assert quoted
    assert [line for line in quoted if line not in source] == []
    here = Path(__file__).read_text(encoding="utf-8")
    attacks = here.split("# The escrow.")[1].split("# The page.")[0]
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named == set(re.findall(r"def (test_\w+)", attacks))
