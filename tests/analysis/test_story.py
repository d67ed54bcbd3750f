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
        assert len(lines) >= 2 and seconds == sorted(seconds)


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
    assert "announceModel failed" in story
    assert "[EscrowExhausted(available=0 ether, needed=1.17 ether)]" in story
    assert "escrow does not cover one more model" in story
    assert "neither judged nor paid" in story


def test_a_gain_is_told_in_points(run):
    story = told(run("gain"), "contributor-1")
    assert re.search(r"\+\d+\.\d\d points \(\d\d\.\d\d % against a reference of 10\.00 %\)", story)
    assert "MAFR of +10.00 points" in story


def test_on_the_papers_contract_nothing_is_told_that_it_does_not_do(run):
    record = run("the paper's contract")
    stories = {who: told(record, who) for who in ("contributor-2", "verifier-1", "initiator", "oracle")}
    assert "nothing of the escrow is set aside" in stories["contributor-2"]
    assert (
        "Its panel is everybody who is registered: verifier-1, verifier-2, verifier-3"
        in stories["contributor-2"]
    )
    assert "the earlier models that were announced: model 1" in stories["contributor-2"]
    assert "is sent to contributor-2" in stories["contributor-2"]
    assert stories["verifier-1"].count("0.05 ether, is sent to her, whatever she voted") == 2
    assert "0.05 ether for everybody who is registered" in stories["initiator"]
    for story in stories.values():
        assert "quorum" not in story and "credited" not in story and "against a reference" not in story


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


def test_a_model_that_nobody_could_open_is_told_in_words(run):
    for who in ("contributor-1", "verifier-2", "initiator"):
        story = told(run("a kept key"), who)
        assert "unreadable" in story and "-0.01" not in story and "−0.01" not in story
    story = told(run("a kept key"), "contributor-1")
    assert "verifier-1 reported model 1 as unreadable: the key" in story and "never delivered" in story
    assert "a vote against it, and paid like any other" in story
    assert "; 3 call it unreadable. That is not strictly more than half: model 1 is Rejected" in story


def test_a_copy_is_told_with_its_original(run):
    story = told(run("a copy"), "contributor-2")
    assert "verifier-1 found model 2 to be a copy of model 1" in story
    assert "verifier-1's “a copy of model 1 of contributor-1” is counted" in story
    assert "3 call it a copy" in story and "0.02 %" not in story


def test_keys_are_followed_from_hand_to_hand(run):
    story = told(run("sealed"), "contributor-1")
    for part in (
        "announces its sealed model 1",
        "hands the panel the key to its sealed model 1, wrapped for each member alone",
        "verifier-2 commits to an evaluation that nobody can read yet",
        "releases the key of model 1 to the initiator",
        "shares the key of model 1 with contributor-2",
        "gets the key of model 2 from contributor-2",
    ):
        assert part in story
    story = told(run("sealed"), "initiator")
    assert "the keys to the verification sample and 1 rewarded model of the base" in story
    assert "gets the key of model 2, which she pays for, from contributor-2" in story


def test_a_liar_is_told_what_her_lie_cost_and_by_whom_she_was_tested(run):
    story = told(run("a liar"), "verifier-1")
    for part in (
        "with a stake of 0.30 ether",
        "0.10 ether of her stake are locked as the bond of this seat",
        "planter-1 reveals that model 2 was a planted test",
        "Her seat for model 2 is settled: what she measured lies too far from the planted test, so her bond "
        "of 0.10 ether is burnt and her fee withheld.",
        "Her seat for model 1 is settled: she spoke",
        "Her fee for model 3, 0.05 ether, is credited",
        "What is left of her stake, 0.20 ether, is owed back to her",
    ):
        assert part in story
    assert story.count(", 0.05 ether, is credited to her") == 2
    assert "verifier-1 is slashed for what she said of the planted model 2" in told(
        run("a liar"), "initiator"
    )
    assert "the reward went to an account of her own" in told(run("a liar"), "initiator")
    story = told(run("a liar"), "planter-1")
    assert "an account from which the initiator announces a planted test" in story
    assert "measured alone, on its own labels" in story and "Rewarded" in story


def test_silence_is_told_with_what_it_burnt(run):
    story = told(run("one vanishes"), "verifier-1")
    assert "nothing of hers was counted, so her bond of 0.10 ether is burnt" in story


def test_without_an_oracle_the_chain_decides_and_the_stories_say_so(run):
    assert "so no oracle was needed" in told(run("no oracle"), "contributor-1")
    assert "It was asked once" in told(run("no oracle"), "oracle")
    assert "shown on the chain by herself, is counted" in told(run("no oracle"), "verifier-3")


def test_other_rules_are_told_with_what_they_pay(run):
    record = run("proportional")
    payments = record.table("payments").set_index("name")
    reward = payments.loc["contributor-1", "amount_wei"]
    story = told(record, "contributor-1")
    margins = record.table("evaluations").query("model_id == 1")["fitness_bps"]
    assert f"The mean margin is +{margins.mean() / 100:.2f} points, where +90.00 points earn" in story
    assert f"it earns 0.{int(reward):018d}".rstrip("0") in story
    assert "up to 1.00 ether, by the proportional rule" in told(record, "initiator")
    assert "The lower median margin is +97.33 points" in told(run("median"), "contributor-1")


def test_a_rule_that_fails_is_blamed(run):
    story = told(run("broken rule"), "contributor-1")
    assert "reward rule, Broken.sol, failed or gave no usable answer: model 1 is Void" in story
    assert "because the reward rule failed" in told(run("broken rule"), "oracle")


def test_a_random_control_is_told_in_points(run):
    story = told(run("random control"), "contributor-2")
    assert "a gain over the base with an equally wide random block strictly above" in story
    assert re.search(r"[+−]\d+\.\d\d points \(\d\d\.\d\d % against a reference of \d\d\.\d\d %\)", story)


def test_who_found_the_task_closed_did_arrive(run):
    assert "trained nothing in this run: it found no open task" in told(run("a slow panel"), "contributor-2")


def test_a_panel_that_nobody_heard_is_no_majority(run):
    story = told(run("a slow panel of the paper's"), "contributor-1")
    assert "No evaluation was brought, which is no majority: model 1 is Rejected" in story


def test_everybody_has_a_story_in_every_run(any_run):
    for name in any_run.table("participants")["name"]:
        assert len(tell(any_run, name)) >= 2
