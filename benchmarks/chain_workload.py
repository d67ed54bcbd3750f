"""What ``chain.py`` has every path do: the life of many models on ``TaskMarket``, told in advance.

Tasks run side by side, each with a contributor of its own. A model is announced, its panel drawn, the
oracle asked, its answer of signed rows brought, the contributor paid; verifiers and oracle withdraw once, at
the end. Panels are the whole pool, so who sits on one does not hang on a block's hash; in which order they
sit does, and whoever plays the script brings the rows in the order of the seats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verifuse.chain import Account, Transaction, derive_account
from verifuse.contracts import (
    EMPTY_BASE,
    Base,
    Evaluation,
    FitnessKind,
    SignedEvaluation,
    TaskMarket,
    TaskTerms,
    deployment,
    extend_base,
    rule_deployment,
    shipped_rule,
    sign_evaluation,
)
from verifuse.storage import compute_cid

CHAIN_ID = 131277322940537
"""eth-tester's, which cannot be chosen; signed rows bind it, so all paths have it."""

PANEL = 5
CALLS_A_MODEL = 5
SLOT_SECONDS = 12
EVALUATION_SECONDS = 300
DEADLINE = 2**39

EVENTS = {
    "joinPool": ("PoolJoined",),
    "postTask": ("TaskPosted",),
    "announceModel": ("ModelAnnounced",),
    "drawPanel": ("PanelDrawn",),
    "requestEvaluations": ("EvaluationsRequested",),
    "__callback": ("EvaluationCounted", "Credited", "ModelSettled"),
    "withdrawFor": ("Withdrawn",),
}
"""What each call emits; nothing else happens here."""


@dataclass(frozen=True)
class Step:
    """A call by its name on ``TaskMarket``, with its sender and keyword arguments."""

    call: str
    sender: Account
    arguments: dict[str, Any]

    def transaction(self, market: TaskMarket, panels: dict[int, tuple[str, ...]]) -> Transaction:
        """Return what to submit; ``panels`` are the seats drawn so far, by model."""
        arguments = self.arguments
        if "evaluations" in arguments:
            seats = panels[arguments["query_id"]]
            rows = sorted(arguments["evaluations"], key=lambda row: seats.index(row.evaluation.verifier))
            arguments = arguments | {"evaluations": rows}
        return getattr(market, self.call)(self.sender, **arguments)


@dataclass(frozen=True)
class Slot:
    """Calls that can share a block, and the seconds that must have passed since the block before."""

    steps: tuple[Step, ...]
    wait: int = SLOT_SECONDS


class Workload:
    """A script of at least so many transactions, the same in every process.

    Args:
        size: Transactions wanted; the last round of models is led to its end.
        tasks: Side by side.
        rule: Checksum address of the tasks' reward rule.
        market: Checksum address of the contract, which signed rows bind.

    Attributes:
        slots: What to do, in order.
    """

    def __init__(self, size: int, tasks: int, rule: str, market: str):
        self._people = people(tasks)
        self._market = market
        self._contributors = [self._people[f"contributor-{task}"] for task in range(1, tasks + 1)]
        self._verifiers = [self._people[f"verifier-{seat}"] for seat in range(PANEL)]
        self._bases = [EMPTY_BASE] * tasks
        rounds = -(-size // (CALLS_A_MODEL * tasks))
        self.slots = [self._opening(rule, rounds)]
        for number in range(rounds):
            self.slots += self._round(number)
        self.slots.append(self._payday())

    @property
    def transactions(self) -> int:
        """How many calls there are in all."""
        return sum(len(slot.steps) for slot in self.slots)

    def _opening(self, rule: str, rounds: int) -> Slot:
        """Post the tasks, each with escrow for so many models; the verifiers join the pool."""
        terms = TaskTerms(
            spec_cid=compute_cid(b"spec"),
            data_cid=compute_cid(b"data"),
            oracle=self._people["oracle"].address,
            rule=rule,
            mafr_bps=7_500,
            fitness=FitnessKind.ACCURACY,
            base=Base.ANNOUNCED,
            model_reward_wei=10**18,
            verifier_fee_wei=10**16,
            oracle_fee_wei=10**16,
            panel_size=PANEL,
            quorum=PANEL // 2 + 1,
            deadline=DEADLINE,
            draw_window=10**6,
            evaluation_window=EVALUATION_SECONDS,
            tally_window=10**6,
        )
        posted = {"terms": terms, "value_wei": rounds * terms.unit_budget_wei}
        posts = [Step("post_task", self._people["initiator"], posted) for _ in self._contributors]
        return Slot((*posts, *(Step("join_pool", verifier, {}) for verifier in self._verifiers)))

    def _round(self, number: int) -> Iterator[Slot]:
        """Lead one model of each task from its announcement to its reward."""
        first = number * len(self._contributors) + 1
        led = list(enumerate(self._contributors, first))
        cids = [compute_cid(f"{number} {task}".encode()) for task in range(1, len(led) + 1)]
        yield Slot(
            tuple(
                Step("announce_model", who, {"task_id": task, "cid": cids[task - 1]})
                for task, who in enumerate(self._contributors, 1)
            )
        )
        yield Slot(())  # its hash seats the panels
        yield Slot(
            tuple(Step("draw_panel", who, {"model_id": model, "panel_size": PANEL}) for model, who in led)
        )
        asked = tuple(Step("request_evaluations", who, {"model_id": model}) for model, who in led)
        yield Slot(asked, wait=EVALUATION_SECONDS + SLOT_SECONDS)
        answers = [
            {"query_id": model, "evaluations": self._rows(model, base)}
            for (model, _), base in zip(led, self._bases, strict=True)
        ]
        oracle = self._people["oracle"]
        yield Slot(tuple(Step("deliver_evaluations", oracle, answer) for answer in answers))
        yield Slot(tuple(_withdrawal(who) for who in self._contributors))
        self._bases = [extend_base(base, cid) for base, cid in zip(self._bases, cids, strict=True)]

    def _rows(self, model: int, base: bytes) -> list[SignedEvaluation]:
        """Return what the panel signs of a model."""
        return [
            sign_evaluation(
                verifier,
                Evaluation(model, verifier.address, 9_600, 0, base),
                chain_id=CHAIN_ID,
                market=self._market,
            )
            for verifier in self._verifiers
        ]

    def _payday(self) -> Slot:
        """Pay those who are paid by every model."""
        return Slot(tuple(_withdrawal(who) for who in (*self._verifiers, self._people["oracle"])))


def people(tasks: int) -> dict[str, Account]:
    """Return who takes part, by name."""
    names = ["platform", "initiator", "oracle"]
    names += [f"contributor-{task}" for task in range(1, tasks + 1)]
    names += [f"verifier-{seat}" for seat in range(PANEL)]
    return {name: derive_account(1, name) for name in names}


def creations(deployer: Account) -> tuple[Transaction, Transaction]:
    """Return the transactions that create the tasks' reward rule and the market, in this order."""
    return rule_deployment(deployer, shipped_rule("flat")), deployment(deployer)


def _withdrawal(account: Account) -> Step:
    return Step("withdraw_for", account, {"account": account.address})
