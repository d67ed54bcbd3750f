"""What each dishonest verifier does, and what the contract's answers make of it."""

import pytest

from verifuse.agents.behaviours import Reading, Seat
from verifuse.agents.behaviours.verifiers.lazy import Lazy, LazyOptions

FEE = 5 * 10**16
BOND = 10**17
COMMITTED = "task.commit_reveal=true"
SUBLIME = "task.mafr=0.99"


def beside(honest, name, count=1, **options):
    """Return overrides for a pool of so many honest verifiers and some who are not."""
    said = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in options.items()
    )
    bad = f"{{name='bad', count={count}, behaviour='{name}', options={{{said}}}}}"
    good = f"{{name='good', count={honest}}}, " if honest else ""
    return f"verifiers.groups=[{good}{bad}]"


def seats(record, name):
    table = record.table("evaluations")
    return table[table["verifier"].str.startswith(name)]


def outcomes(record):
    return list(record.table("models")["outcome"])


SEAT = Seat(
    holder="bad-1",
    group="bad",
    model_id=7,
    task="task",
    initiator="initiator",
    contributor="contributor-1",
    contributor_group="contributor",
    panel=("bad-1", "good-1"),
    fused=1,
    mafr_bps=7_500,
    has_reference=False,
    commits=False,
    seconds_left=300.0,
    slot_seconds=12.0,
    fee_wei=FEE,
    bond_wei=0,
)


# Without measuring.


def test_who_is_lazy_is_paid_like_who_works(ran, person, gain):
    record = ran(beside(2, "lazy"))
    assert seats(record, "bad")["fused_accuracy_II"].isna().all()
    assert set(seats(record, "bad")["fitness_bps"]) == {10_000}
    assert person(record, "bad-1").work_seconds == 0 < person(record, "good-2").work_seconds
    assert gain(record, "bad-1") == gain(record, "good-2") > 0
    assert person(record, "bad-1").behaviour == "lazy"


def test_when_all_are_lazy_anything_is_rewarded(ran):
    assert outcomes(ran(SUBLIME)) == ["Rejected"]
    assert outcomes(ran(SUBLIME, beside(0, "lazy", count=3))) == ["Rewarded"]


def test_planted_tests_cost_the_lazy_their_bonds_and_nobody_else(ran, gain, person):
    tiny = ("learning=surrogate", "contributors.count=1")
    record = ran(scenario="lazy_verifiers", tiny=tiny)
    seats = record.table("evaluations").merge(record.table("models")[["model_id", "plant_bps"]])
    caught = seats["verifier"].str.startswith("lazy") & (seats["plant_bps"] < 10_000 - 200)
    assert (seats["seat_outcome"] == caught.map({True: "Slashed", False: "Paid"})).all() and caught.any()
    assert int(person(record, "lazy-1").burnt_wei) == BOND * caught.sum() // 2
    assert gain(record, "lazy-1") < gain(record, "diligent-1") - BOND
    untested = ran("initiator.plants=0", scenario="lazy_verifiers", tiny=tiny)
    assert abs(gain(untested, "lazy-1") - gain(untested, "diligent-1")) < 10**15
    work = untested.table("participants").set_index("name")["work_cost_wei"]
    assert work["lazy-1"] == 0 and work["diligent-1"] > 10**15


def test_a_lazy_prior_is_drawn_around_its_mean_and_chance_is_fair():
    def said(says, **options):
        settings = LazyOptions(says=says, **options)
        return [Lazy(settings, seed=seed, who="bad-1").says(SEAT, None) for seed in range(400)]

    prior = [one.fitness_bps for one in said("prior", mean=0.8, spread=0.05)]
    assert abs(sum(prior) / 400 - 8_000) < 4 * 500 / 20
    yes = sum(one == Reading(10_000) for one in said("random"))
    assert abs(yes - 200) < 4 * 10
    assert said("prior") == said("prior")


# Others' numbers.


def test_a_copycat_says_what_stands_on_the_board(ran, person, gain):
    record = ran(beside(2, "copycat"))
    for _, rows in record.table("evaluations").groupby("model_id"):
        said = rows.set_index("verifier")["fitness_bps"]
        assert said["bad-1"] == min(said["good-1"], said["good-2"])
    assert person(record, "bad-1").work_seconds == 0
    assert gain(record, "bad-1") == gain(record, "good-2") > 0


def test_a_copycat_sees_nothing_where_evaluations_are_committed(ran, person, gain):
    silent = ran(COMMITTED, beside(2, "copycat"))
    assert not seats(silent, "bad")["counted"].any() and seats(silent, "bad")["committed_time"].isna().all()
    assert gain(silent, "bad-1") < 0 < gain(silent, "good-1")
    assert outcomes(silent) == ["Rewarded"]
    works = ran(COMMITTED, beside(2, "copycat", measures=True))
    assert seats(works, "bad")["counted"].all() and person(works, "bad-1").work_seconds > 0


# In company.


def test_a_cartel_with_most_seats_passes_its_own_and_nothing_else(ran):
    groups = "contributors.groups=[{name='friend', count=1}, {name='other', count=1}]"
    cartel = beside(1, "cartel", count=2, contributors=["friend"])
    for mafr, truly in ((0.3, "Rewarded"), (0.99, "Rejected")):
        assert outcomes(ran("contributors.count=2", f"task.mafr={mafr}")) == [truly, truly]
        models = ran(groups, cartel, f"task.mafr={mafr}").table("models").set_index("contributor")
        assert dict(models["outcome"]) == {"friend-1": "Rewarded", "other-1": "Rejected"}


def test_a_cartel_decides_exactly_the_panels_in_which_it_has_a_majority(ran):
    record = ran(scenario="cartel", tiny=("learning=surrogate",))
    seats = record.table("evaluations")
    votes = seats["verifier"].str.startswith("cartel").groupby(seats["model_id"]).sum()
    models = record.table("models").set_index("model_id")
    is_friend = models["contributor"].str.startswith("friend")
    truly = is_friend.map({True: "Rejected", False: "Rewarded"})
    wrongly = is_friend.map({True: "Rewarded", False: "Rejected"})
    captured = votes.reindex(models.index) >= 2
    assert (models["outcome"] == truly.where(~captured, wrongly)).all()
    assert captured.any() and not captured.all()


def test_a_cartel_may_judge_others_truly(ran, person):
    record = ran(beside(1, "cartel", count=2, others="measured"))
    assert outcomes(record) == ["Rewarded"]
    assert person(record, "bad-1").work_seconds > 0


# Other numbers than were measured.


@pytest.mark.parametrize("of, works", [("all", False), ("pass", True)])
def test_just_above_the_mafr_pays_a_good_model_as_little_as_can_be(ran, person, of, works):
    rule = ("task.rule=proportional", "task.full_margin=1")
    record = ran(*rule, beside(0, "just_above_mafr", count=3, of=of))
    assert set(seats(record, "bad")["fitness_bps"]) == {3_001}
    assert bool(person(record, "bad-1").work_seconds) is works
    paid = record.table("payments").query("reason == 'ModelReward'")["amount_wei"]
    assert [int(wei) for wei in paid] == [3_001 * 10**14]
    honest = ran(*rule).table("payments").query("reason == 'ModelReward'")["amount_wei"]
    assert min(honest) > 2 * max(paid)


def test_what_was_measured_stays_in_the_record_when_something_else_was_said(ran):
    record = ran(SUBLIME, beside(0, "just_above_mafr", count=3, of="fail"))
    own = seats(record, "bad")
    assert (own["fused_accuracy_II"] < 0.99).all() and set(own["fitness_bps"]) == {9_901}
    assert outcomes(record) == ["Rewarded"]
    assert (record.table("timeline")["kind"] == "misreports").sum() == len(own)


# Nothing, or anything.


def test_enough_absent_seats_make_every_model_void(ran, gain):
    record = ran(beside(1, "absent", count=2))
    assert outcomes(record) == ["Void"]
    assert not seats(record, "bad")["counted"].any()
    assert gain(record, "contributor-1") < 0
    assert record.summary["contract_balance_end_wei"] == 0


@pytest.mark.parametrize("after", ["seat", "commitment"])
def test_a_bond_makes_absence_cost_something(ran, person, after):
    bonded = (COMMITTED, "task.bond='0.1 ether'", "verifiers.balance='2 ether'")
    record = ran(*bonded, beside(2, "absent", after=after))
    own = seats(record, "bad")
    assert set(own["seat_outcome"]) == {"Silent"} and not own["counted"].any()
    assert own["committed_time"].notna().all() == (after == "commitment")
    assert int(person(record, "bad-1").burnt_wei) == BOND
    assert int(person(record, "good-1").burnt_wei) == 0
    assert outcomes(record) == ["Rewarded"]


def test_a_byzantine_minority_says_anything_and_changes_nothing(ran, person):
    groups = beside(3, "byzantine", count=2)
    more = ("verifiers.panel=5", COMMITTED, "contributors.count=4", "initiator.balance='20 ether'")
    record = ran(*more, groups)
    assert outcomes(record) == outcomes(ran(*more, "verifiers.count=5")) == ["Rewarded"] * 4
    own = seats(record, "bad")
    assert 0 < own["counted"].sum() < len(own)
    assert own["fitness_bps"].dropna().nunique() > 2
    assert person(record, "bad-1").work_seconds == 0


def test_the_absent_do_nobodys_duty(ran):
    """The contributor vanishes once it has announced: somebody must draw the panel and ask the oracle."""
    gone = "contributors.leaves=announced"
    honest, absent = ran(gone), ran(gone, beside(0, "absent", count=3))
    assert outcomes(honest) == ["Rewarded"] and outcomes(absent) == ["Void"]
    for record, steps in ((honest, 2), (absent, 0)):
        assert (record.table("timeline")["kind"] == "steps in").sum() == steps


# A class of one's own.


def test_five_lines_make_a_verifier_of_ones_own(ran, tmp_path):
    file = tmp_path / "grumpy.py"
    file.write_text(
        "from verifuse.agents.behaviours.verifiers.honest import Honest\n"
        "class Grumpy(Honest):\n"
        "    def says(self, seat, measured):\n"
        "        return seat.no if measured is not None and seat.fused > 1 else measured\n",
        "utf-8",
    )
    record = ran("contributors.count=2", f"verifiers.behaviour='{file.as_posix()}:Grumpy'")
    assert outcomes(record) == ["Rewarded", "Rejected"]


def test_who_does_not_join_is_on_no_panel(ran, tmp_path):
    file = tmp_path / "hermit.py"
    file.write_text(
        "from verifuse.agents.behaviours.verifiers.honest import Honest\n"
        "class Hermit(Honest):\n"
        "    def joins(self):\n"
        "        return self.place == 0\n",
        "utf-8",
    )
    record = ran(f"verifiers.behaviour='{file.as_posix()}:Hermit'", "verifiers.panel=1")
    assert set(record.table("evaluations")["verifier"]) == {"verifier-1"}
    people = record.table("participants").set_index("name")
    assert people["transactions"]["verifier-2"] == 0 < people["transactions"]["verifier-1"]
