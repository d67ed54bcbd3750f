"""What breaks though nobody means it has a stated outcome; the run ends, and every wei is accounted for."""

import pytest

from verifuse.analysis import check_conservation
from verifuse.errors import InputError
from verifuse.scenarios import load, run_scenario

FIRST = "contributor-1"
LATER = (
    "contributors.start_every=1800"  # the second contributor's model is announced after the first one's fate
)


def fault(kind, **keys):
    said = "".join(
        f', {key} = "{value}"' if key == "who" else f", {key} = {value}" for key, value in keys.items()
    )
    return f'faults = [{{kind = "{kind}"{said}}}]'


@pytest.fixture
def run(small, workbench, tmp_path):
    """Run a small market with a fault; the run ends with nothing reserved and no wei lost."""

    def run(*changes):
        record = run_scenario(
            load("quick", [*small, LATER, *changes]), tmp_path / "record", workbench=workbench
        )
        assert record.summary["finished"]
        assert check_conservation(record) == []
        return record

    return run


def outcomes(record):
    return record.table("models")["outcome"].tolist()


def faults(record):
    lines = record.table("timeline")
    return lines[lines["kind"] == "fault"]


def texts(record):
    return record.table("timeline")["text"].tolist()


@pytest.mark.parametrize("kind", ["model_lost", "model_altered"])
def test_a_model_that_the_store_lost_or_altered_is_rejected_and_the_next_is_measured_without_it(run, kind):
    record = run(fault(kind, who=FIRST))
    assert outcomes(record) == ["Rejected", "Rewarded"]
    assert faults(record)["who"].tolist() == [FIRST]
    assert sum(text.startswith("reported model 1 as unreadable") for text in texts(record)) == 3
    assert sum("model 2 fused with no earlier models" in text for text in texts(record)) == 3


def test_a_model_that_comes_late_is_rejected_and_stands_in_later_bases(run):
    record = run(fault("model_late", who=FIRST, seconds=900))
    assert outcomes(record) == ["Rejected", "Rewarded"]
    assert [text.rpartition(" ")[2] for text in faults(record)["text"]] == ["s", "now"]
    assert sum("model 2 fused with 1 earlier model" in text for text in texts(record)) == 3


def test_a_training_that_breaks_off_announces_nothing(run):
    record = run(fault("training_fails", who=FIRST))
    models = record.table("models").set_index("contributor")
    assert models["outcome"].dropna().to_dict() == {"contributor-2": "Rewarded"}
    assert "nothing of it is left" in faults(record)["text"].item()


def test_weights_that_are_no_numbers_are_refused_by_every_verifier(run):
    record = run(fault("training_diverges", who=FIRST))
    assert outcomes(record) == ["Rejected", "Rewarded"]
    assert sum(text.startswith("reported model 1 as unreadable") for text in texts(record)) == 3


def test_a_clock_that_jumps_past_a_panels_deadlines_voids_its_model_and_the_next_goes_on(run):
    record = run(fault("clock_jumps", at=200, seconds=20_000), "task.deadline=40000")
    assert outcomes(record) == ["Void", "Rewarded"]
    assert "jumps by 20,000 s" in faults(record)["text"].item()


def test_an_oracle_that_answers_twice_changes_no_vote_and_is_paid_once(run):
    record = run("oracle.behaviour=repeating")
    sent = record.table("transactions")
    answers = sent[sent["function"] == "__callback"]
    assert answers["status"].tolist() == [1, 0] * 2
    assert outcomes(record) == ["Rewarded", "Rewarded"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"kind": "model_lots", "who": FIRST}, "faults[0].kind: 'model_lots'"),
        (
            {"kind": "model_lost", "who": "nobody"},
            "faults[0].who: 'nobody' is not usable; one of the contributors",
        ),
        (
            {"kind": "model_late", "who": FIRST},
            "faults[0].seconds: 0.0 is not usable; above 0 for model_late",
        ),
        (
            {"kind": "model_lost", "who": FIRST, "seconds": 3},
            "faults[0].seconds: 3.0 is not usable; left out",
        ),
        ({"kind": "clock_jumps", "who": FIRST, "seconds": 3}, "faults[0].who"),
        ({"kind": "training_fails", "who": FIRST, "at": 3}, "faults[0].at"),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(keys, told):
    with pytest.raises(InputError) as refused:
        load("quick", [fault(**keys)])
    assert str(refused.value).startswith(told)


def test_one_model_is_lost_or_late_but_not_both():
    twice = f'faults = [{{kind = "model_lost", who = "{FIRST}"}}, '
    twice += f'{{kind = "model_late", who = "{FIRST}", seconds = 9}}]'
    with pytest.raises(InputError, match=r"faults\[1\].kind: 'model_late' is not usable; one of model_lost"):
        load("quick", [twice])


def test_only_networks_have_weights_to_lose():
    with pytest.raises(InputError, match="nothing has weights"):
        load("quick", ["learning=surrogate", fault("training_diverges", who=FIRST)])
