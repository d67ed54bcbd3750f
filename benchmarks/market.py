"""How many of a market's own transactions a second one core makes, from signing to decoded events.

The life of many models on ``TaskMarket``: announce, draw, query, callback with five signed evaluations, the
contributor's withdrawal; verifiers and oracle withdraw once, at the end, as the shipped agents do. All of it
goes through the same Python face, mempool and blocks that agents use, one block a slot. CPU seconds of this
process, with the chain's share and that of signing evaluations counted in.

    python benchmarks/market.py [--tasks 16] [--models 80]
"""

import argparse
import time
from collections import Counter

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain
from verifuse.contracts import (
    Base,
    Evaluation,
    FitnessKind,
    PanelDrawn,
    SignedEvaluation,
    TaskTerms,
    deploy_task_market,
    sign_evaluation,
)
from verifuse.storage import compute_cid

PANEL = 5
SLOT = 12


class Life:
    """A market's chain side without its agents; each task has a contributor of its own."""

    def __init__(self, tasks: int):
        contributors = [f"contributor-{task}" for task in range(1, tasks + 1)]
        verifiers = [f"verifier-{seat}" for seat in range(PANEL)]
        names = ["platform", "initiator", "oracle", *contributors, *verifiers]
        self.tasks = tasks
        self.people = {name: derive_account(1, name) for name in names}
        self.chain = open_chain(ChainConfig(), dict.fromkeys(self.people.values(), 10**21))
        self.market = deploy_task_market(self.chain, self.people["platform"], self.chain.timestamp + SLOT)
        self.contributors = [self.people[name] for name in contributors]
        self.verifiers = {self.people[name].address: self.people[name] for name in verifiers}
        self.count: Counter[str] = Counter()
        self.gas = 0

    def block(self, *transactions: Transaction, wait: int = SLOT) -> list:
        """Mine one block and return its decoded events."""
        for transaction in transactions:
            self.chain.submit(transaction)
            self.count[transaction.function] += 1
        receipts = self.chain.mine(self.chain.timestamp + wait).receipts
        assert all(receipt.succeeded for receipt in receipts)
        self.gas += sum(receipt.gas_used for receipt in receipts)
        return [event for receipt in receipts for event in self.market.events(receipt)]

    def open(self, models: int) -> None:
        """Post the tasks, each with escrow for so many models; the verifiers join the pool."""
        terms = TaskTerms(
            spec_cid=compute_cid(b"spec"),
            data_cid=compute_cid(b"data"),
            oracle=self.people["oracle"].address,
            mafr_bps=7_500,
            fitness=FitnessKind.ACCURACY,
            base=Base.ANNOUNCED,
            model_reward_wei=10**18,
            verifier_fee_wei=10**16,
            oracle_fee_wei=10**16,
            panel_size=PANEL,
            quorum=3,
            deadline=self.chain.timestamp + 10**8,
            draw_window=10**6,
            evaluation_window=300,
            tally_window=600,
        )
        escrow = models * terms.unit_budget_wei
        self.block(
            *(
                self.market.post_task(self.people["initiator"], terms=terms, value_wei=escrow)
                for _ in range(self.tasks)
            ),
            *(self.market.join_pool(verifier) for verifier in self.verifiers.values()),
        )

    def round(self, number: int) -> None:
        """Lead one model of each task from its announcement to its reward, side by side."""
        market, oracle = self.market, self.people["oracle"]
        first = number * self.tasks + 1
        led = list(enumerate(self.contributors, first))
        self.block(
            *(
                market.announce_model(who, task_id=task, cid=compute_cid(f"{number} {task}".encode()))
                for task, who in enumerate(self.contributors, 1)
            )
        )
        self.block()
        drawn = self.block(*(market.draw_panel(who, model_id=model, panel_size=PANEL) for model, who in led))
        panels = {event.model_id: event for event in drawn if isinstance(event, PanelDrawn)}
        self.block(*(market.request_evaluations(who, model_id=model) for model, who in led), wait=300)
        self.block(
            *(
                market.deliver_evaluations(
                    oracle,
                    query_id=model,
                    evaluations=[self.sign(panels[model], address) for address in panels[model].panel],
                )
                for model, _ in led
            )
        )
        self.block(*(market.withdraw_for(who, account=who.address) for who in self.contributors))

    def close(self) -> None:
        """Pay out those who are paid by every model."""
        paid = (self.people["oracle"], *self.verifiers.values())
        self.block(*(self.market.withdraw_for(account, account=account.address) for account in paid))

    def sign(self, drawn: PanelDrawn, address: str) -> SignedEvaluation:
        """Sign what a verifier measured."""
        evaluation = Evaluation(drawn.model_id, address, 9_600, 0, drawn.base_digest)
        signer = self.verifiers[address]
        return sign_evaluation(signer, evaluation, chain_id=self.chain.chain_id, market=self.market.address)


def measure(tasks: int, rounds: int) -> None:
    """Print the rate of so many tasks side by side, and what was sent."""
    life = Life(tasks)
    life.open(rounds + 1)
    life.round(0)  # warms caches
    life.count.clear()
    life.gas = 0
    start, first = time.process_time(), life.chain.block_number
    for number in range(1, rounds + 1):
        life.round(number)
    life.close()
    seconds, blocks = time.process_time() - start, life.chain.block_number - first
    sent = sum(life.count.values())
    print(
        f"{tasks:3} tasks: {sent / seconds:4.0f} transactions a second "
        f"({sent} in {blocks} blocks and {seconds:.2f} CPU s, {life.gas // sent} gas each)"
    )
    print("     " + ", ".join(f"{count} {function}" for function, count in life.count.items()))


def main() -> None:
    """Measure one task alone, whose blocks hold one transaction each, and several side by side."""
    parser = argparse.ArgumentParser(description="A market's transactions per second of one core.")
    parser.add_argument("--tasks", type=int, default=16, help="tasks side by side")
    parser.add_argument("--models", type=int, default=80, help="models in all")
    options = parser.parse_args()
    for tasks in (1, options.tasks):
        measure(tasks, max(1, options.models // tasks))


if __name__ == "__main__":
    main()
