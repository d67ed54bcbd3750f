"""Several tasks in one market: each pays from its own escrow, and no model is trained twice."""

import pytest
from pydantic import ValidationError

from verifuse.agents import Market, MarketConfig
from verifuse.contracts import (
    Credited,
    CreditReason,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PoolJoined,
    StakeReclaimed,
    TaskClosed,
    TaskPosted,
    Withdrawn,
)
from verifuse.errors import InputError
from verifuse.learning import Workbench, decode_fused
from verifuse.scenarios import load
from verifuse.storage import ModelStore

ETHER = 10**18
SAMPLE = ("verifiers.train=100", "verifiers.test=30", "verifiers.verification=100")
PLAIN = '{name="plain", mafr=0.05}'
STRICT = (
    '{name="strict", post_at=300, initiator="rival", mafr=1.0, reward="0.5 ether", verifier_fee="0.01 ether"}'
)
LATER = '{name="later", post_at=300, mafr=0.05}'
RICH = 'initiator.balance="20 ether"'


def tasks(*entries):
    return f"tasks=[{', '.join(entries)}]"


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def outcomes(market, task_id):
    return [str(event.outcome) for event in events(market, ModelSettled) if event.task_id == task_id]


def errors(market):
    return [mined.error for mined in market.mined if mined.error]


def assert_every_wei_is_accounted_for(market):
    """Each task gave out its own escrow and no more, the contract is empty, and only gas left the market."""
    for posted in events(market, TaskPosted):
        given = [event.amount for event in events(market, Credited) if event.task_id == posted.task_id]
        assert sum(given) == posted.escrow
    assert market.chain.balance(market.contract.address) == market.contract.burnt() == 0
    receipts = [mined.receipt for mined in market.mined]
    start = sum(market.start_balances.values())
    end = sum(market.chain.balance(account.address) for account in market.accounts.values())
    assert start - end == sum(receipt.fee_wei for receipt in receipts)
    for name, account in market.accounts.items():
        sent = [receipt for receipt in receipts if receipt.transaction.sender == account]
        out = sum(one.fee_wei + one.transaction.value_wei * one.succeeded for one in sent)
        paid = sum(one.amount for one in events(market, Withdrawn) if one.account == account.address)
        assert market.chain.balance(account.address) == market.start_balances[name] - out + paid


def test_two_tasks_of_two_initiators_pay_each_by_its_own_terms_from_its_own_escrow(open_market):
    market = open_market(tasks(PLAIN, STRICT), *SAMPLE)
    market.run()
    assert market.is_finished and not errors(market)
    first, second = events(market, TaskPosted)
    assert (first.initiator, second.initiator) == tuple(one.address for one in market.initiators)
    assert [one.name for one in market.initiators] == ["initiator", "rival"]
    posted = [mined.time for mined in market.mined if mined.receipt.transaction.function == "postTask"]
    assert posted[0] < 300 < posted[1]
    assert outcomes(market, 1) == ["Rewarded", "Rewarded"] and outcomes(market, 2) == ["Rejected", "Rejected"]
    for task_id, reward, fee in ((1, 2 * ETHER, ETHER // 20), (2, 0, ETHER // 100)):
        paid = [event for event in events(market, Credited) if event.task_id == task_id]
        by_reason = {
            reason: sum(one.amount for one in paid if one.reason is reason) for reason in CreditReason
        }
        assert by_reason[CreditReason.MODEL_REWARD] == reward
        assert by_reason[CreditReason.VERIFIER_FEE] == 2 * 3 * fee
    assert_every_wei_is_accounted_for(market)


def test_each_initiator_has_a_sample_of_her_own_and_fuses_what_she_paid_for(open_market):
    market = open_market(tasks(PLAIN, STRICT.replace("mafr=1.0", "mafr=0.05")), *SAMPLE)
    market.run()
    mine, hers = (market.web.tasks[task_id].posted.terms.data_cid for task_id in (1, 2))
    assert mine != hers
    assert "verifiers" in market.data.shares and "verifiers, rival" in market.data.shares
    ours = [posting.integrated for one in market.initiators for posting in one.postings]
    assert [len(one.models) for one in ours] == [2, 2]
    assert not set(ours[0].models) & set(ours[1].models)
    for one in ours:
        assert len(decode_fused(market.store.get(one.cid)).networks) == 2


class Counting(Workbench):
    """A workbench that says how often it had to train."""

    def __init__(self, **options):
        super().__init__(**options)
        self.trained = 0

    def _submit(self, task, job):
        self.trained += task == "train"
        return super()._submit(task, job)


def test_a_model_that_two_tasks_ask_for_is_trained_once_and_announced_twice(small, tmp_path):
    scenario = load("quick", [*small, tasks(PLAIN, LATER), RICH]).resolved()
    with Counting(cache=tmp_path / "cache", workers=1) as workbench:
        market = Market(scenario, store=ModelStore(tmp_path / "store"), workbench=workbench)
        market.run()
        market.close()
    assert workbench.trained == 2, "one training for each of two contributors"
    assert outcomes(market, 1) == outcomes(market, 2) == ["Rewarded", "Rewarded"]
    announced = {(event.task_id, event.contributor): event.cid for event in events(market, ModelAnnounced)}
    for contributor in market.contributors:
        assert announced[1, contributor.address] == announced[2, contributor.address]
        first, second = [one for one in market.journal.trainings if one.contributor == contributor.name]
        assert not first.reused and second.reused and second.started == second.finished
        assert second.started > first.finished


def test_a_task_that_asks_for_another_network_is_trained_for(open_market):
    market = open_market(
        tasks(PLAIN, '{name="wide", post_at=30, network="dense"}'), RICH, "contributors.count=1"
    )
    market.run()
    networks = [(one.network, one.reused, one.finished > one.started) for one in market.journal.trainings]
    assert networks == [("tiny", False, True), ("dense", False, True)]
    assert outcomes(market, 1) == outcomes(market, 2) == ["Rewarded"]


def test_who_is_busy_misses_a_task_that_closes_meanwhile_and_takes_the_next(open_market):
    brief = '{name="brief", post_at=100, deadline=130}'
    late = '{name="late", post_at=200}'
    market = open_market(tasks(PLAIN, brief, late), RICH, "contributors.count=1")
    market.run()
    assert market.is_finished
    assert [event.task_id for event in events(market, ModelAnnounced)] == [1, 3]
    (closed,) = [event for event in events(market, TaskClosed) if event.task_id == 2]
    assert closed.returned == market.web.tasks[2].posted.terms.model_reward_wei + 17 * ETHER // 100
    assert_every_wei_is_accounted_for(market)


def test_a_training_that_one_task_did_not_wait_for_goes_on_for_the_next(open_market):
    brief = '{name="brief", deadline=40}'
    market = open_market(tasks(brief, LATER), RICH, "contributors.count=1", "contributors.speed=[0.2]")
    market.run()
    assert [entry.who for entry in market.journal.diary if entry.kind == "too late"] == ["contributor-1"]
    missed, made = market.journal.trainings
    waited = 40 - missed.started
    left = made.finished - made.started
    assert left == pytest.approx(missed.finished - missed.started - waited, abs=12)
    assert outcomes(market, 2) == ["Rewarded"]


def test_contributors_serve_the_tasks_that_they_are_for(open_market):
    market = open_market(tasks(PLAIN, LATER), RICH, 'contributors.tasks=["later"]')
    assert [task.escrow for task in market.book.entries] == [117 * ETHER // 100, 2 * 117 * ETHER // 100]
    market.run()
    assert market.is_finished
    assert {event.task_id for event in events(market, ModelAnnounced)} == {2}


def test_groups_may_be_for_different_tasks_and_one_account_may_verify_in_all(open_market):
    groups = "contributors.groups=[{name='a', count=1, tasks=['later']}, {name='b', count=1, verifies=true}]"
    market = open_market(tasks(PLAIN, LATER), RICH, groups, "verifiers.panel=3")
    assert [market.config.announcements_of(task) for task in market.book.entries] == [1, 2]
    market.run()
    assert market.is_finished
    names = {(event.task_id, market.names[event.contributor]) for event in events(market, ModelAnnounced)}
    assert names == {(1, "b-1"), (2, "a-1"), (2, "b-1")}
    seated = {(e.task_id, market.names[account]) for e in events(market, PanelDrawn) for account in e.panel}
    assert not {(1, "b-1")} & seated, "nobody sits on the panel of her own model"
    assert_every_wei_is_accounted_for(market)


def test_a_sealed_model_has_another_key_for_each_task(open_market):
    sealed = ("task.access=sealed_for_initiator", "task.base=accepted", "task.sealed_sample=true")
    market = open_market(tasks(PLAIN, STRICT.replace("mafr=1.0", "mafr=0.05")), *SAMPLE, *sealed)
    market.run()
    assert outcomes(market, 1) == outcomes(market, 2) == ["Rewarded", "Rewarded"]
    for contributor in market.contributors:
        keys = {work.sealed.key for work in contributor.undertakings.values()}
        assert len(keys) == len(contributor.undertakings) == 2
    assert all(one.postings[0].integrated for one in market.initiators)
    assert_every_wei_is_accounted_for(market)


def test_verifiers_stake_for_all_tasks_and_leave_when_the_last_is_over(open_market):
    bonded = ("task.commit_reveal=true", 'task.bond="0.1 ether"', 'verifiers.balance="3 ether"')
    market = open_market(tasks(PLAIN, LATER), RICH, *bonded)
    assert market.config.stake == 2 * 2 * ETHER // 10
    market.run()
    assert market.is_finished
    assert [event.stake for event in events(market, PoolJoined)] == [market.config.stake] * 3
    assert len(events(market, StakeReclaimed)) == 3
    last = max(mined.time for mined in market.mined for one in mined.events if isinstance(one, ModelSettled))
    left = [mined.time for mined in market.mined if mined.receipt.transaction.function == "leavePool"]
    assert len(left) == 3 and min(left) > last


def test_the_papers_contract_serves_several_tasks_too(open_market):
    market = open_market(tasks(PLAIN, STRICT), *SAMPLE, "contract=paper")
    market.run()
    assert market.is_finished
    assert outcomes(market, 1) == ["Rewarded", "Rewarded"] and outcomes(market, 2) == ["Rejected", "Rejected"]
    assert_every_wei_is_accounted_for(market)


def test_the_seed_decides_every_block_of_all_tasks(open_market):
    heads = []
    for seed in (1, 1, 2):
        market = open_market(tasks(PLAIN, STRICT), *SAMPLE, seed=seed)
        market.run()
        heads.append(market.chain.w3.eth.get_block("latest").hash)
    assert heads[0] == heads[1] != heads[2]


def test_one_listed_task_is_the_market_that_the_table_task_alone_makes(open_market):
    listed, alone = open_market('tasks=[{name="task"}]'), open_market()
    for market in (listed, alone):
        market.run()
    assert [m.receipt.tx_hash for m in listed.mined] == [m.receipt.tx_hash for m in alone.mined]


def test_an_entry_says_what_differs_and_the_table_task_the_rest():
    common = {"mafr": 0.5, "reward": "2 ether", "escrow": "7 ether"}
    config = MarketConfig.model_validate(
        {"task": common, "tasks": [{"name": "b", "post_at": 60, "mafr": 0.6}, {"name": "a"}]}
    )
    assert [(one.name, one.mafr, one.reward) for one in config.task_list] == [
        ("a", 0.5, 2 * ETHER),
        ("b", 0.6, 2 * ETHER),
    ]
    assert [one.name for one in config.resolved().tasks] == ["b", "a"]
    assert config.resolved().resolved() == config.resolved()


@pytest.mark.parametrize(
    ("entries", "others", "said"),
    [
        ('{name="a"}, {name="a"}', (), r"tasks\[1\]\.name: 'a'"),
        ('{name="a", mafr=2.0}', (), r"tasks\[0\]\.mafr: 2\.0"),
        ('{name="a", mafrr=2.0}', (), r"tasks\[0\]\.mafrr: 2\.0 .*did you mean 'mafr'"),
        ('{name="a", post_at=500, deadline=505}', (), r"tasks\[0\]\.deadline: 505 .* more than 512"),
        ('{name="a", post_at=500}', ("task.deadline=400",), r"tasks\[0\]\.deadline: 400"),
        ('{name="a"}, {name="b"}', (), r"initiator\.balance: '5 ether' .*the escrows of initiator's 2 tasks"),
        ('{name="a"}', ('contributors.tasks=["b"]',), r"contributors\.tasks\[0\]: 'b' .*: a"),
        ('{name="a", reward="9 ether"}', (), r"tasks\[0\]\.reward: '9 ether'"),
        ('{name="a b"}', (), r"tasks\[0\]\.name: 'a b'"),
        ("3", (), r"tasks\[0\]: 3 .*a table of settings"),
    ],
)
def test_tasks_that_cannot_be_are_refused_in_one_line(entries, others, said):
    with pytest.raises(InputError, match=said) as refusal:
        load("quick", [f"tasks=[{entries}]", *others])
    assert "\n" not in str(refusal.value)


def test_planted_tests_are_for_markets_of_one_task():
    plants = {
        "task": {"commit_reveal": True, "bond": "0.1 ether", "fitness": "standalone"},
        "tasks": [{"name": "a"}, {"name": "b"}],
        "initiator": {"balance": "99 ether", "plants": 1},
    }
    with pytest.raises(ValidationError, match="several tasks"):
        MarketConfig.model_validate(plants)


def test_an_initiator_cannot_have_a_verifiers_name(open_market):
    with pytest.raises(InputError, match=r"tasks\[0\]\.initiator: 'verifier-1'"):
        open_market('tasks=[{name="a", initiator="verifier-1"}]')
