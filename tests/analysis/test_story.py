import re

import pytest

from verifuse.analysis import tell
from verifuse.errors import InputError


def told(record, who):
    return "\n".join(tell(record, who))


def test_a_rewarded_contributor_is_told_from_training_to_pay(run):
    story = told(run(), "contributor-2")
    for part in (
        "labels 5 6 7 8 9",
        "announces model 2 under the CID Qm",
        "fused with the earlier models that were decided: model 1 of contributor-1",
        "verifier-3's",
        " of 3 counted evaluations show an accuracy strictly above the MAFR of 30.00 %",
        "strictly more than half, and 3 reach the quorum of 2: model 2 is Rewarded",
        "contributor-2 is paid out 1.00 ether",
        "In the end contributor-2 had gained 0.99",
    ):
        assert part in story


def test_lines_stand_in_order_of_time_and_name_their_block(any_run):
    for who in ("contributor-1", "verifier-1", "initiator", "oracle"):
        lines = tell(any_run, who)[1:-1]
        times = [re.match(r"(\d+):(\d\d):(\d\d)(, block \d+)?: ", line) for line in lines]
        seconds = [int(t[1]) * 3600 + int(t[2]) * 60 + int(t[3]) for t in times]
        assert len(lines) >= 3 and seconds == sorted(seconds)


def test_a_rejected_contributor_learns_the_rule_that_rejected_it(run):
    story = told(run("nobody is rewarded"), "contributor-1")
    assert "0 of 3 counted evaluations show an accuracy strictly above the MAFR of 100.00 %" in story
    assert "not strictly more than half: model 1 is Rejected" in story
    assert "had paid" in story and "paid out" not in story


def test_who_never_announced_learns_why(run):
    record = run("one never announces")
    silent = next(row.contributor for row in record.table("models").itertuples() if not row.announced)
    story = told(record, silent)
    assert "90.00 % on its owner's test images" in story and "it announced nothing" in story
    assert "had what it began with, 1.00 ether" in story


def test_a_failed_transaction_comes_with_its_reason(run):
    story = told(run("escrow for one"), "contributor-2")
    assert "announceModel failed" in story and "EscrowExhausted(available=0" in story
    assert "escrow does not cover one more model" in story
    assert "neither judged nor paid" in story


def test_a_gain_is_told_in_points(run):
    story = told(run("gain"), "contributor-1")
    assert re.search(r"\+\d+\.\d\d points \(\d\d\.\d\d % against a reference of 10\.00 %\)", story)
    assert "MAFR of +10.00 points" in story


def test_a_verifier_stands_beside_the_others(run):
    story = told(run(), "verifier-1")
    assert story.count("is drawn for the panel") == 3
    assert story.count("the others of the panel measured") == 3
    assert story.count("whatever she voted") == 3
    assert "verifier-1 is paid out 0.15 ether" in story


def test_the_initiator_is_told_what_it_cost_and_what_came_of_it(run):
    story = told(run(), "initiator")
    assert "an escrow of 3.51 ether" in story and "It cost 1.17 ether" in story
    assert "into the integrated model Qm" in story
    assert "3.00 ether of the escrow was free" not in story
    returned = told(run("nobody is rewarded"), "initiator")
    assert "2.00 ether of the escrow was free and is owed back" in returned
    assert "none to integrate" in returned


def test_the_oracle_is_told_query_by_query(run):
    story = told(run(), "oracle")
    assert "asked 3 times" in story and story.count("3 evaluations are counted, 0 are not") == 3


def test_a_name_an_address_or_a_role_of_one_will_do(run):
    record = run()
    people = record.table("participants").set_index("name")["account"]
    assert tell(record, people["verifier-2"].lower()) == tell(record, " Verifier-2 ")
    assert tell(record, "platform")[0].startswith("platform (0x")


@pytest.mark.parametrize("who", ["contributor", "mallory", "", "0x00"])
def test_a_stranger_is_answered_with_the_names(run, who):
    with pytest.raises(InputError, match="contributor-1, contributor-2") as refused:
        tell(run(), who)
    assert "\n" not in str(refused.value)
