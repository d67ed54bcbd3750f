"""Gas of each TaskMarket call on py-evm, as a Markdown table: ``python benchmarks/gas.py``.

Each panel size has a chain of its own, so that no account was credited before and each slot that a call
writes is fresh: the dearest case. The prices are Ethereum's (Cancun), so a node gives the same figures.
"""

from verifuse.chain import ChainConfig, Receipt, Transaction, derive_account, open_chain
from verifuse.contracts import (
    Base,
    Evaluation,
    FitnessKind,
    PanelDrawn,
    TaskTerms,
    deploy_task_market,
    sign_evaluation,
    task_market_artifact,
)

SEED = 1
POOL = 40
ETHER = 10**18
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
PANELS = (1, 3, 5, 9)


class Bench:
    """A market with a pool of verifiers, a clock, and what was measured."""

    def __init__(self) -> None:
        who = ["initiator", "oracle", "contributor", "other", *(f"verifier-{i}" for i in range(POOL))]
        self.people = {name: derive_account(SEED, name) for name in who}
        self.by_address = {account.address: account for account in self.people.values()}
        config = ChainConfig()
        self.chain = open_chain(config, dict.fromkeys(self.people.values(), 100 * ETHER))
        self.now = config.genesis_time + 12
        self.market = deploy_task_market(self.chain, self.people["initiator"], self.now)
        self.gas: dict[str, int] = {}

    def mine(self, *transactions: Transaction, wait: int = 12) -> tuple[Receipt, ...]:
        """Mine one block after ``wait`` seconds and keep each call's gas; the last of a kind counts."""
        self.now += wait
        for transaction in transactions:
            self.chain.submit(transaction)
        receipts = self.chain.mine(self.now).receipts
        for receipt in receipts:
            refusal = self.market.failure(receipt)
            if refusal is not None:
                raise refusal
            self.gas[receipt.transaction.function] = receipt.gas_used
        return receipts

    def terms(self, panel_size: int) -> TaskTerms:
        """Return the terms of a task with that panel."""
        return TaskTerms(
            spec_cid=CID,
            data_cid=CID,
            oracle=self.people["oracle"].address,
            mafr_bps=7_500,
            fitness=FitnessKind.ACCURACY,
            base=Base.ANNOUNCED,
            model_reward_wei=ETHER,
            verifier_fee_wei=ETHER // 100,
            oracle_fee_wei=ETHER // 1000,
            panel_size=panel_size,
            quorum=(panel_size + 1) // 2,
            deadline=self.now + 86_400,
            draw_window=600,
            evaluation_window=300,
            tally_window=300,
        )


def run_one_model(panel_size: int) -> dict[str, int]:
    """Return the gas of each call in the life of a task whose first model every seat votes for."""
    bench = Bench()
    market, people = bench.market, bench.people
    initiator, contributor = people["initiator"], people["contributor"]
    code = task_market_artifact().bytecode
    bench.mine(Transaction(initiator, None, code, gas=5_000_000, function="deployment"))
    pool = [account for name, account in people.items() if name.startswith("verifier-")]
    bench.mine(*(market.join_pool(verifier, public_key=b"\2" * 33) for verifier in pool))
    for _ in range(2):  # the first task and model ever also write the counters' first words
        bench.mine(market.post_task(initiator, terms=bench.terms(panel_size), value_wei=5 * ETHER))
    bench.mine(market.announce_model(contributor, task_id=1, cid=CID))
    bench.mine(market.announce_model(contributor, task_id=2, cid=CID))
    first = bench.gas["announceModel"]
    bench.mine(market.announce_model(people["other"], task_id=2, cid=CID))
    later = bench.gas.pop("announceModel")
    bench.gas |= {"announceModel, first of its task": first, "announceModel, later": later}
    bench.mine()
    (receipt,) = bench.mine(market.draw_panel(contributor, model_id=2))
    (drawn,) = (event for event in market.events(receipt) if isinstance(event, PanelDrawn))
    bench.mine(market.request_evaluations(contributor, model_id=2), wait=300)
    evaluations = [
        sign_evaluation(
            bench.by_address[address],
            Evaluation(2, address, 9_000, 0, drawn.base_digest),
            chain_id=bench.chain.chain_id,
            market=market.address,
        )
        for address in drawn.panel
    ]
    bench.mine(market.deliver_evaluations(people["oracle"], query_id=1, evaluations=evaluations))
    bench.mine(market.top_up(initiator, task_id=2, value_wei=1))
    bench.mine(market.expire_model(initiator, model_id=3), wait=600)
    bench.mine(market.close_task(initiator, task_id=2))
    bench.mine(market.withdraw_for(initiator, account=contributor.address))
    bench.mine(market.leave_pool(pool[0]))
    bench.chain.close()
    return bench.gas


def main() -> None:
    """Print the table, and how draw and callback grow with the panel."""
    by_panel = {panel_size: run_one_model(panel_size) for panel_size in PANELS}
    print("| call | gas |\n|---|---:|")
    for call, gas in by_panel[PANELS[-1]].items():
        if call not in ("drawPanel", "__callback"):
            print(f"| {call} | {gas:,} |")
    few, many = PANELS[0], PANELS[-1]
    for call, unit in (("drawPanel", "seat"), ("__callback", "signed row")):
        for panel_size, gas in by_panel.items():
            print(f"| {call}, {panel_size} {unit}{'s' if panel_size > 1 else ''} | {gas[call]:,} |")
        slope = (by_panel[many][call] - by_panel[few][call]) / (many - few)
        print(f"| {call}, fitted | {by_panel[few][call] - few * slope:,.0f} + {slope:,.0f} per {unit} |")


if __name__ == "__main__":
    main()
