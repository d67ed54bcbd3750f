"""Who comes and goes: as a queue without waiting predicts, at every stage, and no wei is lost by it."""

from statistics import fmean, variance

import pytest

from verifuse.agents import ContributorSettings, MarketConfig, VerifierSettings, stay
from verifuse.analysis import check_conservation
from verifuse.contracts import (
    Credited,
    EvaluationCounted,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PoolJoined,
    PoolLeft,
    PoolTooSmall,
    StakeReclaimed,
    Withdrawn,
)
from verifuse.errors import InputError
from verifuse.scenarios import load, read_record
from verifuse.scenarios.record import write_record
from verifuse.scenarios.summary import summarise
from verifuse.scenarios.tables import tabulate

ETHER = 10**18
BONDED = ("task.commit_reveal=true", "task.bond='0.1 ether'")
SEALED = ("task.access=sealed_for_initiator", "task.base=accepted")
RICH = "verifiers.balance='3 ether'"


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def of(market, kind, participant):
    return [event for event in events(market, kind) if event.account == participant.address]


@pytest.fixture
def run(open_market, tmp_path):
    """Run a market to its end and check what holds of every one; gives the market and its record."""

    def run_one(*overrides, seed=None):
        market = open_market(*overrides, seed=seed)
        sent, submit = [], market.submit

        def listen(transaction):
            sent.append((market.time, transaction.sender.name))
            submit(transaction)

        market.submit = listen
        market.run()
        record = leave_record(market)
        assert market.is_finished and record.summary["finished"]
        assert check_conservation(record) == []
        for task_id in market.web.tasks:
            status = market.contract.task(task_id)
            assert (status.unreserved_wei, status.reserved_wei) == (0, 0)
        assert not any(market.contract.credit(account.address) for account in market.accounts.values())
        assert_nobody_acts_while_away(market, sent)
        return market, record

    def leave_record(market):
        folder = tmp_path / "record"
        folder.mkdir()
        tables = tabulate(market)
        write_record(folder, market.config, tables, summarise(market, tables), wall_seconds=0.0)
        return read_record(folder)

    return run_one


def assert_nobody_acts_while_away(market, sent):
    visits = {}
    for visit in market.journal.visits:
        end = float("inf") if visit.left is None else visit.left
        visits.setdefault(visit.name, []).append((visit.arrived, end))
    acts = sent + [(entry.time, entry.who) for entry in market.journal.diary]
    assert len(acts) > 10
    for time, who in acts:
        assert any(arrived <= time <= left for arrived, left in visits[who]), (who, time)


def leaver(role, **keys):
    """Return overrides by which the last of a role's people is the one who leaves."""
    loyal = {"contributors": 1, "verifiers": 2}[role]
    said = ", ".join(f"{key} = {value!r}" for key, value in keys.items() if value is not None)
    return f"{role}.groups=[{{name='loyal', count={loyal}}}, {{name='leaver', count=1, {said}}}]"


def gone(market, role):
    return getattr(market, role)[-1]


# The times at which people come and go.


def test_the_number_present_is_that_of_a_queue_with_as_many_servers_as_customers():
    """M/M/inf, empty at first: a Poisson number with mean rate × stay × (1 − exp(−time / stay))."""
    rate, mean_stay, at = 30.0, 1800.0, 2.5 * 3600.0
    expected = 14.899  # 30 an hour × half an hour × (1 − exp(−5))
    keys = {"count": 125, "per_hour": rate, "mean_stay": mean_stay}
    present = []
    for seed in range(200):
        config = MarketConfig(seed=seed, verifiers=VerifierSettings(**keys))
        arrivals = config.arrivals
        people = [member for member in config.verifiers.members if arrivals[member.name] <= at]
        assert len(people) < 125, "the process has not run out of members"
        stays = [stay(one.settings, seed, one.name, 1) for one in people]
        present.append(sum(arrivals[one.name] + long > at for one, long in zip(people, stays, strict=True)))
    assert abs(fmean(present) - expected) < 4 * (expected / 200) ** 0.5
    assert abs(variance(present) - expected) < 4 * ((expected + 2 * expected**2) / 200) ** 0.5


@pytest.mark.parametrize(
    "keys", [{"per_hour": 4}, {"start_every": 70, "first_start": 5}, {"starts": (9, 1, 5)}]
)
def test_one_more_leaves_the_times_of_the_others_as_they_were(keys):
    few, more = (MarketConfig(contributors=ContributorSettings(count=n, **keys)).arrivals for n in (5, 6))
    assert {name: more[name] for name in few} == few and len(more) == len(few) + 1
    other = MarketConfig(seed=2, contributors=ContributorSettings(count=5, **keys)).arrivals
    assert (other == few) is ("per_hour" not in keys)


def test_fixed_times_are_what_they_say():
    config = load(
        "quick",
        [
            "contributors.first_start=100",
            "contributors.starts=[50, 5]",
            "verifiers.start_every=10",
            "verifiers.groups=[{name='early', count=2}, {name='late', count=2, first_start=7}]",
        ],
    )
    assert config.arrivals == {
        "contributor-1": 150,
        "contributor-2": 105,
        "contributor-3": 150,
        "early-1": 0,
        "early-2": 10,
        "late-1": 7,
        "late-2": 17,
    }
    assert config.task_list[0].deadline == 150 + 3600


def test_a_group_with_a_time_of_its_own_takes_none_of_the_others_from_its_table():
    groups = "[{name='a', count=1}, {name='b', count=1, starts=[7]}, {name='c', count=1, start_every=9}]"
    config = load("quick", ["contributors.per_hour=5", f"contributors.groups={groups}"])
    a, b, c = (group for group in config.contributors.groups)
    assert (a.per_hour, a.starts) == (5, None)
    assert (b.per_hour, b.starts) == (None, (7,))
    assert (c.per_hour, c.starts, c.start_every) == (None, None, 9)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["contributors.per_hour=1", "contributors.starts=[1]"], "contributors.per_hour: 1.0"),
        (["verifiers.stay=1", "verifiers.mean_stay=1"], "verifiers.mean_stay: 1.0"),
        (["verifiers.back_after=1"], "verifiers.back_after: 1.0"),
        (["verifiers.leaves=training"], "verifiers.leaves: 'training'"),
        (["contributors.starts=[-1]"], "contributors.starts: [-1.0]"),
        (["contributors.per_hour=0"], "contributors.per_hour: 0"),
    ],
)
def test_times_that_cannot_be_are_refused(overrides, said):
    with pytest.raises(InputError) as refusal:
        load("quick", overrides)
    assert str(refusal.value).startswith(said)


# Leaving at every stage.


@pytest.mark.parametrize("back_after", [None, 120])
@pytest.mark.parametrize("stage", ["training", "uploading", "announcing", "announced", "drawn", "evaluated"])
def test_a_contributor_may_vanish_at_every_stage(run, stage, back_after):
    market, record = run(leaver("contributors", leaves=stage, back_after=back_after))
    one = gone(market, "contributors")
    first = next(visit for visit in market.journal.visits if visit.name == one.name)
    assert first.reason == stage and first.left is not None
    announced = [event for event in events(market, ModelAnnounced) if event.contributor == one.address]
    expected = back_after is not None or stage not in ("training", "uploading")
    assert len(announced) == expected
    paid = sum(event.amount for event in of(market, Withdrawn, one))
    assert paid == sum(event.amount for event in of(market, Credited, one)) == ETHER * expected
    payers = [
        mined.receipt.transaction.sender.name for mined in market.mined if one.address in who_is_paid(mined)
    ]
    assert payers == ([] if not expected else ["platform" if back_after is None else one.name])
    trainings = [row for row in record.table("models").itertuples() if row.contributor == one.name]
    assert len(trainings) == (2 if stage == "training" and back_after else 1)
    assert (trainings[0].training_cut > 0) is (stage == "training")
    assert [row.announced for row in trainings][-1] == expected


def who_is_paid(mined):
    return [event.account for event in mined.events if isinstance(event, Withdrawn)]


@pytest.mark.parametrize("back_after", [None, 120])
@pytest.mark.parametrize("stage", ["announcing", "announced", "drawn"])
def test_a_contributor_of_a_sealed_model_who_comes_back_hands_out_its_keys(run, stage, back_after):
    keys = leaver("contributors", leaves=stage, back_after=back_after and 40)
    market, _ = run(*SEALED, keys)
    outcomes = {event.model_id: str(event.outcome) for event in events(market, ModelSettled)}
    (own,) = [
        model for model in market.web.models.values() if model.contributor == market.contributors[1].address
    ]
    assert outcomes[own.model_id] == ("Rejected" if back_after is None else "Rewarded")


@pytest.mark.parametrize("back_after", [None, 120, 1500])
@pytest.mark.parametrize("stage", ["joined", "seated", "reported"])
def test_a_verifier_may_vanish_at_every_stage(run, stage, back_after):
    market, _ = run(leaver("verifiers", leaves=stage, back_after=back_after))
    one = gone(market, "verifiers")
    assert one.visits[0].reason == stage
    counted = [event.model_id for event in events(market, EvaluationCounted) if event.verifier == one.address]
    in_time = {"joined": [1, 2], "seated": [1, 2], "reported": [1, 2]}[stage] if back_after == 120 else None
    never = {"joined": [], "seated": [], "reported": [1]}[stage]
    later = {"joined": None, "seated": [], "reported": [1]}[stage]
    wanted = {None: never, 120: in_time, 1500: later}[back_after]
    assert wanted is None or counted == wanted
    fees = len(counted) * market.config.task.verifier_fee
    assert sum(event.amount for event in of(market, Withdrawn, one)) == fees


@pytest.mark.parametrize("back_after", [None, 60, 5000])
@pytest.mark.parametrize("stage", ["joined", "seated", "committed", "reported"])
def test_a_verifier_with_a_stake_may_vanish_at_every_stage(run, stage, back_after):
    leaves = leaver("verifiers", leaves=stage, back_after=back_after)
    market, record = run(*BONDED, RICH, "verifiers.stake='0.25 ether'", leaves)  # two bonds and something
    one = gone(market, "verifiers")
    assert one.visits[0].reason == stage
    staked = sum(event.stake for event in of(market, PoolJoined, one))
    back = sum(event.amount for event in of(market, StakeReclaimed, one))
    burnt = record.summary["burnt_wei"]
    assert staked == back + burnt + record.summary["stranded_wei"]
    assert (record.summary["stranded_wei"] > 0) is (back_after is None)
    if back_after == 60:  # in time to speak, or to show what she had promised
        assert burnt == 0 and market.time < 3 * 3600


@pytest.mark.parametrize("stay_for", [30, 620])
def test_who_leaves_in_an_orderly_way_leaves_the_pool_and_her_stake_comes_back(run, stay_for):
    market, record = run(*BONDED, RICH, leaver("verifiers", stay=stay_for))
    one = gone(market, "verifiers")
    assert [visit.reason for visit in one.visits] == ["stay"]
    assert len(of(market, PoolLeft, one)) == 1
    assert record.summary["stranded_wei"] == 0
    assert market.chain.balance(market.contract.address) == market.contract.burnt()
    platform = {mined.receipt.transaction.function for mined in market.mined if is_from(mined, "platform")}
    assert {"reclaimStake", "withdrawFor"} <= platform


def is_from(mined, name):
    return mined.receipt.transaction.sender.name == name


def test_who_comes_and_goes_joins_the_pool_anew_each_time(run):
    market, record = run(leaver("verifiers", stay=200, back_after=100))
    one = gone(market, "verifiers")
    assert len(one.visits) > 3
    assert len(of(market, PoolJoined, one)) >= len(of(market, PoolLeft, one)) >= 3
    rows = record.table("presence").query("name == @one.name")
    assert list(rows["visit"]) == list(range(1, len(rows) + 1))
    assert (rows["left"].iloc[:-1] - rows["arrived"].iloc[:-1] == 200).all()
    assert set(rows["reason"].iloc[:-1]) == {"stay"} and set(rows["role"]) == {"verifier"}


def test_when_all_verifiers_are_gone_nothing_stays_open(run):
    market, _ = run("verifiers.stay=300")
    assert {str(event.outcome) for event in events(market, ModelSettled)[1:]} == {"Void"}


def test_a_panel_that_cannot_be_drawn_is_asked_for_once(run):
    groups = "[{name='early', count=1}, {name='late', count=3, first_start=60}]"
    market, _ = run(f"verifiers.groups={groups}", "contributors.speed=[10]", "contributors.count=1")
    first = min(events(market, ModelSettled), key=lambda event: event.model_id)
    assert str(first.outcome) == "Void", "only one was in the pool when it was announced"
    asked = [mined for mined in market.mined if mined.receipt.transaction.function == "drawPanel"]
    assert [type(mined.error) for mined in asked] == [PoolTooSmall]


@pytest.mark.parametrize("options", [(), (*BONDED, RICH)])
def test_a_market_with_churn_keeps_the_times_that_were_drawn(run, options):
    """Forty verifiers come by a Poisson process for a quarter of an hour each on the mean."""
    market, record = run(
        *options,
        "verifiers.count=40",
        "verifiers.panel=3",
        "verifiers.per_hour=60",
        "verifiers.mean_stay=900",
        "contributors.first_start=1200",
        "contributors.mean_stay=2000",
    )
    arrivals, seed = market.config.arrivals, market.config.seed
    table = record.table("presence")
    people = [*market.verifiers, *market.contributors]
    for one in people:
        rows = table[table["name"] == one.name]
        if arrivals[one.name] > market.time:
            assert rows.empty
            continue
        (row,) = rows.itertuples()
        left = arrivals[one.name] + stay(one.presence, seed, one.name, 1)
        assert row.arrived == arrivals[one.name]
        assert row.left == pytest.approx(left) if left < market.time else row.left != row.left
    assert sum(event.account in {one.address for one in people} for event in events(market, PoolLeft)) > 20
    assert events(market, PanelDrawn)
    assert {"initiator", "oracle", "platform"} <= set(table["name"])
    functions = [mined.receipt.transaction.function for mined in market.mined if is_from(mined, "platform")]
    staked = {event.account for event in events(market, PoolJoined) if event.stake}
    assert functions.count("reclaimStake") <= len(staked)


def test_the_run_ends_when_nothing_more_can_happen(run):
    market, _ = run(*BONDED, RICH, leaver("verifiers", leaves="joined"))
    blocks = 256 * market.config.chain.slot_seconds  # for which the stakes of the others stay
    last = max(mined.time for mined in market.mined)
    assert last <= market.time <= last + market.config.chain.slot_seconds
    assert market.time < market.config.task.deadline + blocks + 1200 < market.horizon


TWO_TASKS = (
    "tasks=[{name='first', mafr=0.05}, {name='second', post_at=400, mafr=0.05}]",
    'initiator.balance="20 ether"',
)


@pytest.mark.parametrize("stage", ["training", "uploading", "announcing", "announced", "drawn", "evaluated"])
def test_who_comes_back_finds_the_tasks_that_were_posted_meanwhile(run, stage):
    market, record = run(*TWO_TASKS, f"contributors.leaves={stage}", "contributors.back_after=1500")
    assert {(event.task_id, event.contributor) for event in events(market, ModelAnnounced)} == {
        (task_id, contributor.address) for task_id in (1, 2) for contributor in market.contributors
    }
    models = record.table("models")
    whole = models[models["training_cut"].isna()]
    assert list(whole.groupby("contributor")["reused"].sum()) == [1, 1]
    assert len(models) - len(whole) == (2 if stage == "training" else 0)


def test_a_task_that_comes_after_everybody_left_is_closed_and_paid_back(run):
    market, _ = run(*TWO_TASKS, "contributors.stay=300", "contributors.start_every=0")
    assert {event.task_id for event in events(market, ModelAnnounced)} == {1}
    assert market.book.is_complete and market.is_concluded
