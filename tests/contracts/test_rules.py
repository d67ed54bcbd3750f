"""What each reward rule decides, asked of its bytecode on a real EVM."""

import hashlib
import json
from pathlib import Path
from statistics import median_low

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain
from verifuse.contracts import (
    SHIPPED_RULES,
    Decision,
    RevertedWithoutReason,
    RewardRule,
    RuleBroken,
    deploy_rule,
    rule_deployment,
    shipped_rule,
)
from verifuse.contracts.rules import DECIDE
from verifuse.errors import InputError

ROOT = Path(__file__).parents[2]
REWARD = 1_000_000
NOTHING = -32_768
MOODS = [
    "Reverting",
    "Burning",
    "Greedy",
    "Silent",
    "Short",
    "Long",
    "Bombing",
    "Flooding",
    "Unclear",
    "Writing",
]


class Bench:
    """A chain with rules on it, to be asked."""

    def __init__(self):
        self.who = derive_account(7, "designer")
        self.config = ChainConfig()
        self.chain = open_chain(self.config, {self.who: 10**24})
        self.deployed = {}

    def next_time(self):
        return self.chain.timestamp + self.config.slot_seconds

    def rule(self, name, full=None):
        if (name, full) not in self.deployed:
            artifact = shipped_rule(name)
            self.deployed[name, full] = deploy_rule(self.chain, self.who, self.next_time(), artifact, full)
        return self.deployed[name, full]

    def hostile(self, mood, entry=b""):
        artifact = json.loads((Path(__file__).parent / "artifacts/HostileRule.json").read_text("utf-8"))
        code = bytes.fromhex(artifact["bytecode"][2:]) + encode(
            ["uint8", "bytes"], [MOODS.index(mood), entry]
        )
        return RewardRule(self.chain, self.mine(Transaction(self.who, None, code)).contract_address)

    def mine(self, transaction):
        self.chain.submit(transaction)
        (receipt,) = self.chain.mine(self.next_time()).receipts
        assert receipt.succeeded
        return receipt

    def gas(self, rule, margins):
        """Return the gas of the rule's own code, without what a transaction costs."""
        data = DECIDE.encode([0, 10**18, margins])
        used = self.mine(Transaction(self.who, rule.address, data, gas=3_000_000)).gas_used
        return used - 21_000 - sum(16 if byte else 4 for byte in data)


@pytest.fixture(scope="module")
def bench():
    return Bench()


def ask(rule, mafr, margins, reward=REWARD):
    answer = rule.decide(mafr_bps=mafr, model_reward_wei=reward, margins=margins)
    return answer.rewarded, answer.amount_wei


@pytest.mark.parametrize(
    ("mafr", "margins", "rewarded"),
    [
        (7_500, [7_501], True),
        (7_500, [7_500], False),
        (7_500, [8_000, 7_000], False),
        (7_500, [8_000, 7_000, 7_501], True),
        (0, [1, 1, 0, 0], False),
        (0, [1, 1, 1, -10_000, -10_000], True),
        (-10_000, [-9_999], True),
        (-10_000, [-10_000], False),
        (10_000, [10_000] * 3, False),
        (-10_000, [None], False),
        (-1, [0, 0, None], True),
        (-1, [0, 0, None, None], False),
        (0, [], False),
    ],
)
def test_every_shipped_rule_decides_by_the_papers_majority(bench, mafr, margins, rewarded):
    assert ask(bench.rule("flat"), mafr, margins) == (rewarded, REWARD * rewarded)
    for name in ("proportional", "median"):
        assert ask(bench.rule(name, 500), mafr, margins)[0] is rewarded


@pytest.mark.parametrize(
    ("margins", "of_mean", "of_median"),
    [
        ([500], 1_000_000, 1_000_000),
        ([250], 500_000, 500_000),
        ([700], 1_000_000, 1_000_000),
        ([1], 2_000, 2_000),
        ([100, 200, 300], 400_000, 400_000),
        ([100, 100, 400], 400_000, 200_000),
        ([100, 100, 10_000], 1_000_000, 200_000),
        ([100, 200, 300, -10_000], 0, 200_000),
        ([100, 200, 300, None], 400_000, 200_000),
        ([100, 100, 101], 200_666, 200_000),
    ],
)
def test_the_mean_or_the_median_is_what_is_paid_for(bench, margins, of_mean, of_median):
    assert ask(bench.rule("proportional", 500), 0, margins) == (True, of_mean)
    assert ask(bench.rule("median", 500), 0, margins) == (True, of_median)


def test_a_rewarded_model_that_does_harm_is_paid_nothing(bench):
    for name in ("proportional", "median"):
        assert ask(bench.rule(name, 500), -300, [-200, -100, -150]) == (True, 0)


def decided(name, full, mafr, reward, margins):
    """The rules in Python: what the contracts must answer."""
    numbers = [NOTHING if margin is None else margin for margin in margins]
    if 2 * sum(number > mafr for number in numbers) <= len(numbers):
        return False, 0
    if name == "flat":
        return True, reward
    measured = [number for number in numbers if number != NOTHING]
    total, count = (sum(measured), len(measured)) if name == "proportional" else (median_low(numbers), 1)
    return True, min(reward, max(0, total * reward // (count * full)))


ANY_MARGIN = st.none() | st.integers(-10_000, 10_000)
CLOSE_MARGIN = st.none() | st.integers(-2, 2) | st.sampled_from([-10_000, 10_000])
PANEL = st.lists(ANY_MARGIN, min_size=1, max_size=12) | st.lists(CLOSE_MARGIN, min_size=1, max_size=8)
MAFR = st.integers(-10_000, 10_000) | st.integers(-2, 2)
WEI = st.integers(0, 2**128 - 1) | st.integers(0, 20)


@settings(max_examples=150)
@given(
    kind=st.sampled_from(
        [
            ("flat", None),
            *((name, full) for name in ("proportional", "median") for full in (1, 7, 500, 10_000)),
        ]
    ),
    mafr=MAFR,
    reward=WEI,
    margins=PANEL,
)
def test_the_contracts_answer_as_ten_lines_of_python(bench, kind, mafr, reward, margins):
    assert ask(bench.rule(*kind), mafr, margins, reward) == decided(*kind, mafr, reward, margins)


@settings(max_examples=60)
@given(mafr=MAFR, margins=PANEL, data=st.data())
def test_the_order_of_the_evaluations_is_nothing(bench, mafr, margins, data):
    shuffled = data.draw(st.permutations(margins))
    for kind in (("flat",), ("proportional", 500), ("median", 500)):
        assert ask(bench.rule(*kind), mafr, margins) == ask(bench.rule(*kind), mafr, shuffled)


@settings(max_examples=80)
@given(mafr=MAFR, honest=st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=7), data=st.data())
def test_fewer_than_half_cannot_move_the_median_rule_out_of_the_honest_range(bench, mafr, honest, data):
    liars = data.draw(st.lists(ANY_MARGIN, max_size=len(honest) - 1))
    rule = bench.rule("median", 500)
    least, most = (ask(rule, mafr, [margin]) for margin in (min(honest), max(honest)))
    assert least <= ask(rule, mafr, honest + liars) <= most


def test_one_liar_can_move_the_proportional_rule_out_of_it(bench):
    rule = bench.rule("proportional", 500)
    assert ask(rule, 0, [100, 100, 100]) == (True, 200_000)
    assert ask(rule, 0, [100, 100, 10_000]) == (True, 1_000_000)
    assert ask(rule, 0, [100, 100, -10_000]) == (True, 0)


def test_the_full_margin_is_checked_on_both_sides(bench):
    median, flat = shipped_rule("median"), shipped_rule("flat")
    for wrong in (None, 0, -1, 10_001, 2.5, True):
        with pytest.raises(InputError, match="full_margin_bps"):
            rule_deployment(bench.who, median, wrong)
    with pytest.raises(InputError, match="FlatMajority takes none"):
        rule_deployment(bench.who, flat, 500)
    for wrong in (0, 10_001):
        proper = rule_deployment(bench.who, median, 500)
        code = proper.data[:-32] + wrong.to_bytes(32, "big")
        bench.chain.submit(Transaction(bench.who, None, code, gas=proper.gas))
        (receipt,) = bench.chain.mine(bench.next_time()).receipts
        assert not receipt.succeeded
        assert receipt.revert_data[4:] == wrong.to_bytes(32, "big")


def test_an_unknown_rule_is_refused():
    with pytest.raises(InputError, match="choose one of flat, proportional, median"):
        shipped_rule("fair")


def test_the_shipped_rules_belong_to_their_sources():
    for name in SHIPPED_RULES:
        artifact = shipped_rule(name)
        assert set(artifact.sources) == {
            "contracts/solidity/IRewardRule.sol",
            f"contracts/solidity/rules/{artifact.name}.sol",
        }
        for path, digest in artifact.sources.items():
            text = (ROOT / path).read_text(encoding="utf-8")
            assert hashlib.sha256(text.encode()).hexdigest() == digest, f"{path} changed: node compile.mjs"


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("Reverting", "reverted: RevertedWithReason(reason='no decision today')"),
        ("Burning", f"reverted: {RevertedWithoutReason(b'')!r}"),
        ("Silent", "answered 0 bytes instead of 64"),
        ("Short", "answered 32 bytes instead of 64"),
        ("Long", "answered 96 bytes instead of 64"),
        ("Bombing", "answered 262144 bytes instead of 64"),
        ("Flooding", "answered 1048576 bytes instead of 64"),
        ("Unclear", "answered a bool that is neither 0 nor 1"),
    ],
)
def test_a_failing_rule_is_named_with_its_failure(bench, mood, reason):
    with pytest.raises(RuleBroken) as caught:
        ask(bench.hostile(mood), 0, [1])
    assert caught.value.reason == reason


def test_asking_shows_what_a_greedy_rule_wants(bench):
    answer = bench.hostile("Greedy").decide(mafr_bps=0, model_reward_wei=1, margins=[1])
    assert answer == Decision(rewarded=True, amount_wei=2**256 - 1)


def test_asking_changes_nothing(bench):
    rule = bench.hostile("Writing")
    assert ask(rule, 0, [1]) == (True, REWARD)
    assert not any(bench.chain.w3.eth.get_storage_at(rule.address, 0))


def test_arguments_that_no_contract_takes_are_refused(bench):
    for margins, mafr in (([2**255], 0), (["1"], 0), ([1], 0.5)):
        with pytest.raises(InputError, match="decide"):
            ask(bench.rule("flat"), mafr, margins)


KINDS = {"flat": None, "proportional": 500, "median": 500}


@pytest.mark.parametrize("size", [1, 128])
def test_the_dearest_panels_stay_far_below_the_markets_cap(bench, size):
    steps = [((7_919 * i) % 20_001) - 10_000 for i in range(size)]
    panels = [[100] * size, [NOTHING] * size, [10_000] * size, [-10_000] * size, steps, sorted(steps)]
    for name, full in KINDS.items():
        for margins in panels:
            assert bench.gas(bench.rule(name, full), margins) < (200_000 + 10_000 * size) / 8
