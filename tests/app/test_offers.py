"""What a page may ask for: quick markets, between bounds, and what the command line would run."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.agents import deal_images
from verifuse.app.offered import offer, offers
from verifuse.errors import InputError
from verifuse.learning import load_data_set
from verifuse.scenarios import load, shipped

OFFERS = offers()
QUICK = OFFERS["quick"]


def test_the_demo_comes_first_and_what_is_named_before_it():
    assert next(iter(OFFERS)) == "quick"
    assert next(iter(offers("sealed"))) == "sealed"


def test_what_takes_long_is_drawn_or_not_offered():
    assert OFFERS["paper_2"].is_drawn and OFFERS["paper_2"].always == ('learning="surrogate"',)
    assert not QUICK.is_drawn and not QUICK.always
    assert set(shipped()) - set(OFFERS) == {"big_market"}
    with pytest.raises(InputError, match="at most 40 participants"):
        offer("big_market")


def test_what_nobody_drew_curves_of_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "quick"\n[task]\nnetwork = "cnn_1"\n[privacy]\nnoise = 1.0\n[data]\nset = "wine"\n'
    )
    with pytest.raises(InputError, match="verifuse run has no such limit"):
        offer(str(path))


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_what_is_left_as_it_is_needs_no_override(name):
    found = OFFERS[name]
    assert found.overrides(found.choices) == found.always
    assert found.scenario(found.choices) == load(name, found.always)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mafr", 1.5),
        ("mafr", "much"),
        ("contributors", 1000),
        ("contributors", 2.5),
        ("verifiers", 0),
        ("panel", 9),
        ("reward", 10**9),
        ("seed", -1),
        ("dishonest_verifiers", 4),
        ("verifier_behaviour", "evil.py:Code"),
        ("contributor_behaviour", "lazy"),
        ("oracle", "no_such"),
    ],
)
def test_what_is_outside_the_bounds_is_refused(key, value):
    with pytest.raises(InputError, match=key):
        QUICK.scenario(replace(QUICK.choices, **{key: value}))


def test_what_a_scenario_fixes_stays_fixed():
    with pytest.raises(InputError, match="left as the scenario late_joiners has it"):
        OFFERS["late_joiners"].scenario(replace(OFFERS["late_joiners"].choices, contributors=7))


def test_what_is_chosen_is_what_is_run():
    chosen = replace(
        QUICK.choices, seed=7, mafr=0.62, contributors=5, verifiers=7, panel=4, reward=2.5, oracle="slow"
    )
    scenario = QUICK.scenario(chosen)
    assert scenario.seed == 7 and scenario.task.mafr == 0.62 and scenario.task.reward == 25 * 10**17
    assert len(scenario.contributors.members) == 5 and len(scenario.verifiers.members) == 7
    assert scenario.verifiers.panel == 4 and scenario.oracle.behaviour == "slow"
    assert scenario.initiator.balance > scenario.escrow_of(scenario.task)


def test_the_dishonest_keep_their_places():
    honest = QUICK.scenario(QUICK.choices)
    some = QUICK.scenario(
        replace(
            QUICK.choices,
            contributor_behaviour="plagiarist",
            dishonest_contributors=1,
            verifier_behaviour="lazy",
            dishonest_verifiers=2,
        )
    )
    assert [one.name for one in some.contributors.members] == [
        "contributor-1",
        "contributor-2",
        "plagiarist-1",
    ]
    assert [one.name for one in some.verifiers.members] == ["verifier-1", "lazy-1", "lazy-2"]
    for before, after in zip(honest.contributors.members, some.contributors.members, strict=True):
        assert before.labels == after.labels
        assert honest.arrivals[before.name] == some.arrivals[after.name]


def test_all_may_be_dishonest():
    many = QUICK.scenario(
        replace(QUICK.choices, contributor_behaviour="random_weights", dishonest_contributors=3)
    )
    assert {one.group for one in many.contributors.members} == {"random_weights"}


@st.composite
def choices(draw, found):
    chosen = found.choices
    for name, bounds in found.bounds.items():
        steps = draw(st.integers(0, round((bounds.high - bounds.low) / bounds.step)))
        value = bounds.low + steps * bounds.step
        value = round(value) if isinstance(getattr(chosen, name), int) else round(value, 4)
        chosen = replace(chosen, **{name: value})
    for key, role in (
        ("contributor_behaviour", "contributor"),
        ("verifier_behaviour", "verifier"),
        ("oracle", "oracle"),
        ("initiator", "initiator"),
    ):
        names = ("honest", *found.behaviours.get(role, ()))
        chosen = replace(chosen, **{key: draw(st.sampled_from(names))})
    return replace(
        chosen,
        panel=min(chosen.panel, chosen.verifiers),
        dishonest_contributors=min(chosen.dishonest_contributors, chosen.contributors),
        dishonest_verifiers=min(chosen.dishonest_verifiers, chosen.verifiers),
    )


@settings(max_examples=40)
@given(choices(QUICK))
def test_whatever_is_chosen_can_be_run_and_has_its_command(chosen):
    scenario = QUICK.scenario(chosen)
    deal_images(scenario.resolved(), load_data_set(scenario.data.set, field="data.set"))
    program, run, source, *arguments = shlex.split(QUICK.command(chosen))
    seed = None
    if "--seed" in arguments:
        seed = int(arguments.pop())
        arguments.pop()
    assert (program, run) == ("verifuse", "run")
    assert load(source, arguments, seed=seed) == scenario


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_every_behaviour_that_is_offered_fits(name):
    found = OFFERS[name]
    keys = {"contributor": "contributor_behaviour", "verifier": "verifier_behaviour"}
    for role, names in found.behaviours.items():
        for one in names:
            chosen = replace(found.choices, **{keys.get(role, role): one})
            if role in keys:
                chosen = replace(chosen, **{f"dishonest_{role}s": 1})
            assert found.scenario(chosen)
