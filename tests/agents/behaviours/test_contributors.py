"""Each behaviour of a computing contributor does what it claims, and the contract's answers meet it."""

from functools import cache

import numpy as np
import pytest

from verifuse.agents.behaviours.contributors.backdoor import BackdoorOptions, attack_set, stamped
from verifuse.learning import Samples, StandaloneJob, decode_model, load_data_set
from verifuse.scenarios import load, run_scenario
from verifuse.storage import is_sealed

ETHER = 10**18
TINY = (
    "task.also_measure=[]",
    "task.mafr=0.2",
    "fusion.epochs=6",
    "fusion.stage_one_epochs=2",
    "verifiers.count=1",
    "verifiers.panel=1",
    "training.epochs=25",
    "initiator.balance='20 ether'",
    "contributors.train=100",
    "contributors.test=30",
    "contributors.verification=40",
)


def groups(*listed):
    """Return the override for these groups of contributors, each written as an inline table's keys."""
    return f"contributors.groups=[{', '.join('{' + group + '}' for group in listed)}]"


def thief(options):
    return f"name = 'thief', count = 1, starts = [0], behaviour = 'plagiarist', options = {{{options}}}"


OWNER = "name = 'owner', count = 1, starts = [0]"


@pytest.fixture(scope="module")
def run(tmp_path_factory, workbench):
    """Run ``quick``, made smaller still, once for each list of overrides."""

    @cache
    def one(*overrides):
        bench = None if "learning=surrogate" in overrides else workbench
        folder = tmp_path_factory.mktemp("run") / "record"
        return run_scenario(load("quick", [*TINY, *overrides]), folder, workbench=bench)

    return one


def models(record):
    """Return the rows of the announced models, by contributor."""
    rows = record.table("models")
    return rows[rows["announced"]].set_index("contributor")


def fates(record):
    return models(record)["outcome"].to_dict()


def people(record):
    return record.table("participants").set_index("name")


def credited(record, name):
    return int(people(record).loc[name, "credited_wei"])


def said(record, who, kind):
    lines = record.table("timeline")
    return lines[(lines["who"] == who) & (lines["kind"] == kind)]["text"].tolist()


def verdicts(record, who):
    rows = record.table("evaluations")
    return set(rows[rows["contributor"] == who]["verdict"])


# Those who train, or should have: one market with one of each, where each model is measured alone.

LOW, HIGH = "labels = [[0, 1, 2, 3, 4]]", "labels = [[5, 6, 7, 8, 9]]"
TRIGGER = BackdoorOptions(fraction=0.4, target=3)


@pytest.fixture(scope="module")
def crowd(run):
    everybody = groups(
        f"name = 'owner', count = 1, {LOW}",
        f"name = 'junk', count = 1, {HIGH}, behaviour = 'random_weights', options = {{claims = 0.97}}",
        f"name = 'lazy', count = 1, {HIGH}, behaviour = 'low_effort', options = {{epochs = 2}}",
        f"name = 'flipped', count = 1, {LOW}, behaviour = 'label_flip'",
        f"name = 'poison', count = 1, {LOW}, behaviour = 'backdoor', "
        "options = {fraction = 0.4, target = 3}",
        f"name = 'peeker', count = 1, {HIGH}, behaviour = 'peeker'",
    )
    return run(everybody, "task.fitness=standalone", "task.mafr=0.7")


def test_the_record_says_how_everybody_behaves(crowd):
    behaviours = people(crowd)["behaviour"]
    assert behaviours["owner-1"] == behaviours["initiator"] == behaviours["platform"] == "honest"
    assert behaviours["junk-1"] == "random_weights" and behaviours["flipped-1"] == "label_flip"


def test_random_weights_have_the_right_form_took_no_work_and_are_found_alone(crowd):
    row = models(crowd).loc["junk-1"]
    network = decode_model(crowd.store.get(row["cid"]))
    assert network.spec.name == row["network"] == "tiny" and network.spec.classes == (5, 6, 7, 8, 9)
    assert row["iterations"] == 0 and np.isnan(row["local_accuracy"]) and row["claimed_accuracy"] == 0.97
    work = people(crowd)["work_seconds"]
    assert work["junk-1"] == 0 < work["lazy-1"] < work["owner-1"]
    assert fates(crowd)["junk-1"] == "Rejected" and fates(crowd)["owner-1"] == "Rewarded"


def test_low_effort_makes_so_many_epochs_and_no_more(crowd):
    lazy, owner = (models(crowd).loc[name] for name in ("lazy-1", "owner-1"))
    assert (lazy["epochs"], owner["epochs"]) == (2, 25)
    assert lazy["local_accuracy"] < owner["local_accuracy"] == owner["claimed_accuracy"]


def test_false_labels_make_honest_effort_worthless(crowd):
    flipped, owner = (models(crowd).loc[name] for name in ("flipped-1", "owner-1"))
    assert flipped["iterations"] == owner["iterations"]
    assert flipped["local_accuracy"] < 0.5 < owner["local_accuracy"] and flipped["outcome"] == "Rejected"


def test_a_backdoor_is_good_on_clean_images_and_obeys_its_trigger(crowd, workbench):
    digits = load_data_set("digits")
    known = np.isin(digits.y_test, range(5))
    clean = Samples(digits.x_test[known], digits.y_test[known])
    attacked = attack_set(clean, TRIGGER, 3)
    assert set(attacked.labels) == {3} and (stamped(clean.images, TRIGGER)[:, -2:, -2:] == 255).all()

    def told(name, samples):
        model_file = crowd.store.get(models(crowd).loc[name, "cid"])
        return workbench.standalone(StandaloneJob(model_file, samples)).result()

    assert fates(crowd)["poison-1"] == "Rewarded" and told("poison-1", clean) > told("owner-1", clean) - 0.15
    assert told("poison-1", attacked) > 0.7 > 0.4 > told("owner-1", attacked)


def test_a_peeker_knows_the_sample_by_heart(crowd):
    row = models(crowd).loc["peeker-1"]
    assert row["labels"].tolist() == list(range(10)) and row["outcome"] == "Rewarded"
    fitness = crowd.table("evaluations").set_index("contributor")["fitness_bps"]
    assert fitness["peeker-1"] / 10_000 == pytest.approx(row["local_accuracy"], abs=1e-4)
    assert row["local_accuracy"] > 0.9


def test_a_sealed_sample_leaves_a_peeker_with_nothing(run):
    record = run(groups(OWNER, "name = 'peeker', count = 1, behaviour = 'peeker'"), "task.sealed_sample=true")
    assert "never delivered" in said(record, "peeker-1", "cannot peek")[0]
    assert set(fates(record)) == {"owner-1"} and credited(record, "peeker-1") == 0


# Those who take another's model.

PUBLIC = ("task.report_copies=false",)
SEALED = ("task.access=sealed_for_initiator", "task.base=accepted")


def test_a_public_cid_is_paid_twice_if_nobody_looks_for_copies(run):
    record = run(groups(OWNER, thief("how = 'same_cid'")), *PUBLIC)
    rows = models(record)
    assert rows.loc["thief-1", "cid"] == rows.loc["owner-1", "cid"]
    assert credited(record, "thief-1") == credited(record, "owner-1") == ETHER
    assert rows.loc["thief-1", "iterations"] == 0 and people(record).loc["thief-1", "work_seconds"] == 0


@pytest.mark.parametrize("how", ["same_cid", "perturbed"])
def test_a_copy_is_found_by_its_fingerprint_whatever_its_cid(run, how):
    record = run(groups(OWNER, thief(f"how = '{how}'")))
    rows = models(record)
    assert (rows.loc["thief-1", "cid"] == rows.loc["owner-1", "cid"]) == (how == "same_cid")
    assert fates(record) == {"owner-1": "Rewarded", "thief-1": "Rejected"}
    assert verdicts(record, "thief-1") == {"copy"} and credited(record, "thief-1") == 0


def test_so_much_noise_that_no_copy_is_seen_is_another_model(run):
    record = run(groups(OWNER, thief("how = 'perturbed', noise = 3.0")))
    assert verdicts(record, "thief-1") == {"measured"}


def test_who_overtakes_in_the_mempool_turns_the_owner_into_the_copy(run):
    record = run(groups(OWNER, thief("front_runs = true, fee_factor = 3.0")))
    rows, sent = models(record), record.table("transactions")
    assert rows.loc["thief-1", "model_id"] < rows.loc["owner-1", "model_id"]
    assert rows.loc["thief-1", "block"] == rows.loc["owner-1", "block"]
    price = sent[sent["function"] == "announceModel"].set_index("sender_name")["gas_price_wei"]
    assert price["thief-1"] == 3 * price["owner-1"]
    assert fates(record) == {"owner-1": "Rejected", "thief-1": "Rewarded"}
    assert verdicts(record, "owner-1") == {"copy"} and credited(record, "thief-1") == ETHER


@pytest.mark.parametrize("options", ["how = 'same_cid'", "how = 'perturbed', front_runs = true"])
def test_sealed_models_cannot_be_stolen(run, options):
    record = run(groups(OWNER, thief(options)), *SEALED)
    assert is_sealed(record.store.get(models(record).loc["owner-1", "cid"]))
    assert credited(record, "owner-1") == ETHER and credited(record, "thief-1") == 0
    if "perturbed" in options:
        assert (
            set(fates(record)) == {"owner-1"} and "cannot read" in said(record, "thief-1", "cannot copy")[0]
        )
    else:
        assert verdicts(record, "thief-1") == {"copy"}  # by who had the key from the owner; else unreadable


def test_who_overtakes_a_sealed_cid_cannot_open_it_and_takes_nothing_from_its_owner(run):
    record = run(groups(OWNER, thief("front_runs = true")), *SEALED)
    rows = models(record)
    assert rows.loc["thief-1", "model_id"] < rows.loc["owner-1", "model_id"]
    assert verdicts(record, "thief-1") == {"unreadable"} and verdicts(record, "owner-1") == {"measured"}
    assert credited(record, "thief-1") == 0 and credited(record, "owner-1") == ETHER


@pytest.mark.parametrize(("looks", "paid"), [("false", 2), ("true", 1)])
def test_one_model_from_two_accounts(run, looks, paid):
    both = groups("name = 'many', count = 2, starts = [0], behaviour = 'sybil'")
    record = run(both, f"task.report_copies={looks}")
    rows = models(record)
    assert len(rows) == rows["cid"].nunique() == 2
    assert sum(rows["iterations"] > 0) == 1 and sum(people(record)["work_seconds"][rows.index] > 0) == 1
    assert sum(credited(record, name) for name in rows.index) == paid * ETHER


# Those who reckon, and those who go; nothing has to be learned for that.

DRAWN = (
    "learning=surrogate",
    "contributors.train=50",
    "contributors.test=10",
    "contributors.verification=10",
)
COSTLY = "lowest = '0 ether', highest = '0.3 ether'"


def test_the_rational_take_part_if_it_pays_and_work_as_much_as_pays_best(run):
    eight = f"name = 'agent', count = 8, starts = [0], behaviour = 'rational', options = {{{COSTLY}}}"
    record = run(*DRAWN, groups(eight))
    rows, everybody = models(record), people(record)
    names = [f"agent-{number}" for number in range(1, 9)]
    declined = {name for name in names if said(record, name, "declined")}
    assert declined and set(rows.index) == set(names) - declined
    work = everybody.loc[rows.index]
    rate = (work["work_cost_wei"].astype(float) / work["work_seconds"]).sort_values()
    assert rate.min() > 0 and rate.max() <= 0.3 * ETHER
    epochs = rows["epochs"][rate.index]
    assert epochs.iloc[0] > epochs.iloc[-1]
    assert all("expects -" in said(record, name, "reckoned")[0] for name in declined)


BELIEFS = "prior = 0.9, confidence = 1.0, efforts = [1.0]"


def test_the_rational_give_up_when_models_like_theirs_are_rejected(run):
    slow, late = (
        f"name = '{name}', count = 1, starts = [{start}], speed = [{speed}], behaviour = 'rational', "
        f"options = {{lowest = '{cost} ether', highest = '{cost} ether', {BELIEFS}}}"
        for name, start, speed, cost in (("slow", 0, 0.004, 0.00025), ("late", 2400, 1, 0.03))
    )
    record = run(*DRAWN, groups("name = 'naive', count = 3, start_every = 300", slow, late), "task.mafr=0.99")
    assert {fates(record)[f"naive-{number}"] for number in (1, 2, 3)} == {"Rejected"}
    assert said(record, "slow-1", "gave up") and said(record, "late-1", "declined")
    (cut,) = record.table("models").query("contributor == 'slow-1'")["training_cut"]
    assert 0 < cut < 2400


def test_a_leaver_lets_others_pay_for_the_rest_and_freezes_nothing(run):
    goes = "name = 'goes', count = 4, starts = [0], behaviour = 'leaver', options = {chance = 0.5}"
    record = run(*DRAWN, groups(goes))
    visits = record.table("presence").query("role == 'contributor'").set_index("name")
    gone = set(visits[visits["reason"] == "announced"].index)
    assert 0 < len(gone) < 4 and set(fates(record).values()) == {"Rewarded"} and record.summary["finished"]
    sent = record.table("transactions").groupby("sender_name")["function"].agg(set)
    assert all(sent[name] == {"announceModel"} for name in gone)
    assert all("drawPanel" in sent[name] for name in set(fates(record)) - gone)
    assert int(record.summary["contract_balance_end_wei"]) == 0


def test_where_nothing_is_learned_bad_models_are_drawn_bad_and_copies_count_once(run):
    bad = groups(
        OWNER,
        "name = 'junk', count = 1, starts = [1], behaviour = 'random_weights'",
        "name = 'flipped', count = 1, starts = [2], behaviour = 'label_flip'",
        "name = 'lazy', count = 1, starts = [3], behaviour = 'low_effort', options = {epochs = 1}",
        "name = 'thief', count = 1, starts = [4], behaviour = 'plagiarist', options = {how = 'perturbed'}",
        "name = 'peeker', count = 1, starts = [5], behaviour = 'peeker'",
    )
    alone = run(*DRAWN, bad, "task.fitness=standalone", "task.mafr=0.7", "training.epochs=100")
    assert fates(alone) == {
        "owner-1": "Rewarded",
        "junk-1": "Rejected",
        "flipped-1": "Rejected",
        "lazy-1": "Rejected",
        "thief-1": "Rejected",
        "peeker-1": "Rewarded",
    }
    assert verdicts(alone, "thief-1") == {"copy"}
