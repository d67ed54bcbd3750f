"""How many of a market's own transactions a second one core makes, from signing to decoded events.

The life of many models on ``TaskMarket``: announce, draw, query, callback with five signed evaluations,
withdraw; through the same Python face, mempool and blocks that agents use, one block a slot. CPU seconds
of this process, with the chain's share and that of signing evaluations counted in.

    python benchmarks/market.py [--models 40]
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
    TaskTerms,
    deploy_task_market,
    sign_evaluation,
)
from verifuse.storage import compute_cid

PANEL = 5
SLOT = 12


class Life:
    """A market's chain side without its agents."""

    def __init__(self):
        names = ["platform", "initiator", "oracle", "contributor", *(f"verifier-{i}" for i in range(PANEL))]
        self.people = {name: derive_account(1, name) for name in names}
        self.chain = open_chain(ChainConfig(), dict.fromkeys(self.people.values(), 10**21))
        self.market = deploy_task_market(self.chain, self.people["platform"], self.chain.timestamp + SLOT)
        self.verifiers = {a.address: a for name, a in self.people.items() if name.startswith("verifier")}
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
        """Post a task with escrow for all models; the verifiers join the pool."""
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
            self.market.post_task(self.people["initiator"], terms=terms, value_wei=escrow),
            *(self.market.join_pool(verifier) for verifier in self.verifiers.values()),
        )

    def model(self, model_id: int) -> None:
        """Lead one model from its announcement to its reward."""
        market, contributor, oracle = self.market, self.people["contributor"], self.people["oracle"]
        cid = compute_cid(model_id.to_bytes(4, "big"))
        self.block(market.announce_model(contributor, task_id=1, cid=cid))
        self.block()
        events = self.block(market.draw_panel(contributor, model_id=model_id, panel_size=PANEL))
        drawn = next(event for event in events if isinstance(event, PanelDrawn))
        evaluations = [
            sign_evaluation(
                self.verifiers[address],
                Evaluation(model_id, address, 9_600, 0, drawn.base_digest),
                chain_id=self.chain.chain_id,
                market=market.address,
            )
            for address in drawn.panel
        ]
        self.block(market.request_evaluations(contributor, model_id=model_id), wait=300)
        self.block(market.deliver_evaluations(oracle, query_id=model_id, evaluations=evaluations))
        self.block(
            *(
                market.withdraw_for(account, account=account.address)
                for account in (contributor, oracle, *self.verifiers.values())
            )
        )


def main() -> None:
    """Print the rate and what was sent."""
    parser = argparse.ArgumentParser(description="A market's transactions per second of one core.")
    parser.add_argument("--models", type=int, default=40)
    models = parser.parse_args().models
    life = Life()
    life.open(models + 1)
    life.model(1)  # warms caches
    life.count.clear()
    life.gas = 0
    start = time.process_time()
    for model_id in range(2, models + 2):
        life.model(model_id)
    seconds = time.process_time() - start
    sent = sum(life.count.values())
    print(
        f"{sent} transactions in {seconds:.2f} CPU s: {sent / seconds:.0f} a second, "
        f"{life.gas // sent} gas each"
    )
    print(", ".join(f"{count} {function}" for function, count in life.count.items()))


if __name__ == "__main__":
    main()
