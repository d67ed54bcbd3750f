"""What ``gas.py`` measures: lives of models with the plain terms and with each option.

Each life has a chain of its own, so that no account was credited before and each slot that a call writes is
fresh: the dearest case. The prices are Ethereum's (Cancun), so a node gives the same figures.
"""

from collections.abc import Sequence
from typing import Any

from eth_utils.crypto import keccak as keccak256

from verifuse.chain import ChainConfig, Receipt, Transaction, derive_account, open_chain
from verifuse.contracts import (
    Access,
    Base,
    Evaluation,
    FitnessKind,
    PanelDrawn,
    SignedEvaluation,
    TaskTerms,
    commitment,
    deploy_rule,
    deploy_task_market,
    deployment,
    shipped_rule,
    sign_evaluation,
    task_market_artifact,
)
from verifuse.storage.key_wraps import PUBLIC_KEY_BYTES, WRAPPED_BYTES

SEED = 1
POOL = 40
ETHER = 10**18
BOND = ETHER // 10
CID = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"
PUBLIC_KEY = b"\2" * PUBLIC_KEY_BYTES
WRAP = b"\3" * WRAPPED_BYTES
SALT = b"\4" * 32
PANELS = (1, 3, 5, 9)
POOLS = (40, 1_000)
LARGEST_PANEL = 128
PLANT_BPS = 8_900
PROOF = [keccak256(bytes([level])) for level in range(7)]

Gas = dict[str, int]


class Bench:
    """A market with a pool of verifiers and a clock."""

    def __init__(self, pool: int = POOL, stake: int = 0, rule: str = "flat") -> None:
        verifiers = [f"verifier-{i}" for i in range(pool)]
        who = ["initiator", "oracle", "contributor", "other", *verifiers]
        self.people = {name: derive_account(SEED, name) for name in who}
        self.by_address = {account.address: account for account in self.people.values()}
        self.pool = [self.people[name] for name in verifiers]
        config = ChainConfig()
        self.chain = open_chain(config, dict.fromkeys(self.people.values(), 1_000 * ETHER))
        self.now = config.genesis_time + 12
        self.market = deploy_task_market(self.chain, self.people["initiator"], self.now)
        self.now += 12
        margin = 500 if shipped_rule(rule).takes_full_margin else None
        self.rule = deploy_rule(self.chain, self.people["initiator"], self.now, shipped_rule(rule), margin)
        joins = [self.market.join_pool(one, public_key=PUBLIC_KEY, value_wei=stake) for one in self.pool]
        self.mine(*joins[:-1])
        self.join_gas = self.cost(joins[-1])

    def mine(self, *transactions: Transaction, wait: int = 12) -> list[Receipt]:
        """Mine after ``wait`` seconds, in as many blocks as it takes; every call must succeed."""
        receipts: list[Receipt] = []
        for transaction in transactions:
            self.chain.submit(transaction)
        while not receipts or len(receipts) < len(transactions):
            self.now += wait
            block = self.chain.mine(self.now)
            receipts += block.receipts
            wait = 12
            if not transactions:
                break
        for receipt in receipts:
            refusal = self.market.failure(receipt)
            if refusal is not None:
                raise refusal
        return receipts

    def cost(self, transaction: Transaction, wait: int = 12) -> int:
        """Mine one call and return its gas."""
        (receipt,) = self.mine(transaction, wait=wait)
        return receipt.gas_used

    def post(self, panel_size: int, **options: Any) -> int:
        """Post a task and return the gas; it gets the next number."""
        terms = TaskTerms(
            **{
                "spec_cid": CID,
                "data_cid": CID,
                "oracle": self.people["oracle"].address,
                "rule": self.rule.address,
                "mafr_bps": 7_500,
                "fitness": FitnessKind.ACCURACY,
                "base": Base.ANNOUNCED,
                "model_reward_wei": ETHER,
                "verifier_fee_wei": ETHER // 100,
                "oracle_fee_wei": ETHER // 1000,
                "panel_size": panel_size,
                "quorum": (panel_size + 1) // 2,
                "deadline": self.now + 86_400,
                "draw_window": 6_000,
                "evaluation_window": 300,
                "tally_window": 3_000,
            }
            | options
        )
        return self.cost(self.market.post_task(self.people["initiator"], terms=terms, value_wei=20 * ETHER))

    def announce(self, sender: str = "contributor", task_id: int = 1, **options: Any) -> int:
        """Announce a model and return the gas; it gets the next number."""
        return self.cost(self.market.announce_model(self.people[sender], task_id=task_id, cid=CID, **options))

    def draw(self, model_id: int, panel_size: int) -> tuple[PanelDrawn, int]:
        """Draw a panel; returns what the contract said of it, and the gas."""
        self.mine()
        draw = self.market.draw_panel(self.people["other"], model_id=model_id, panel_size=panel_size)
        (receipt,) = self.mine(draw)
        (drawn,) = (event for event in self.market.events(receipt) if isinstance(event, PanelDrawn))
        return drawn, receipt.gas_used

    def sign(
        self, drawn: PanelDrawn, fitnesses: Sequence[int], salt: bytes = bytes(32)
    ) -> list[SignedEvaluation]:
        """Return evaluations of a panel's first members."""
        return [
            sign_evaluation(
                self.by_address[address],
                Evaluation(drawn.model_id, address, fitness, 0, drawn.base_digest),
                chain_id=self.chain.chain_id,
                market=self.market.address,
                salt=salt,
            )
            for address, fitness in zip(drawn.panel, fitnesses, strict=False)
        ]

    def commit(self, rows: Sequence[SignedEvaluation]) -> int:
        """Have every row's verifier commit to it; returns the gas of one."""
        domain = {"chain_id": self.chain.chain_id, "market": self.market.address}
        commits = [
            self.market.commit_evaluation(
                self.by_address[row.evaluation.verifier],
                model_id=row.evaluation.model_id,
                seat=seat,
                commitment=commitment(row.evaluation, row.salt, **domain),
            )
            for seat, row in enumerate(rows)
        ]
        return max(receipt.gas_used for receipt in self.mine(*commits))

    def reveal(self, row: SignedEvaluation, panel_size: int, wait: int = 12) -> int:
        """Have a row counted on chain and return the gas."""
        sender = self.by_address[row.evaluation.verifier]
        return self.cost(
            self.market.reveal_evaluation(sender, evaluation=row, panel_size=panel_size), wait=wait
        )

    def request(self, model_id: int, wait: int = 600) -> int:
        """Ask the oracle and return the gas."""
        return self.cost(self.market.request_evaluations(self.people["other"], model_id=model_id), wait=wait)

    def answer(self, query_id: int, rows: Sequence[SignedEvaluation]) -> int:
        """Have the oracle answer and return the gas."""
        return self.cost(
            self.market.deliver_evaluations(self.people["oracle"], query_id=query_id, evaluations=rows)
        )

    def settle_seat(self, model_id: int, seat: int, wait: int = 12) -> int:
        """Settle a seat and return the gas."""
        return self.cost(
            self.market.settle_seat(self.people["other"], model_id=model_id, seat=seat), wait=wait
        )


def plain(panel_size: int) -> Gas:
    """Return the gas of each call in the life of a task whose first model every seat votes for."""
    bench = Bench()
    market, people = bench.market, bench.people
    code = task_market_artifact().deployed_bytecode
    gas = {
        "deployment": bench.cost(deployment(people["other"])),
        "bytes of code": len(code),
        "joinPool": bench.join_gas,
        "postTask": bench.post(panel_size),
        "topUp": bench.cost(market.top_up(people["other"], task_id=1, value_wei=1)),
        "announceModel, first of its task": bench.announce(),
        "announceModel, later": bench.announce("other"),
    }
    drawn, gas["drawPanel"] = bench.draw(1, panel_size)
    gas["requestEvaluations"] = bench.request(1)
    gas["__callback"] = bench.answer(1, bench.sign(drawn, [9_000] * panel_size))
    gas["expireModel"] = bench.cost(market.expire_model(people["other"], model_id=2), wait=6_000)
    gas["closeTask"] = bench.cost(market.close_task(people["initiator"], task_id=1))
    gas["withdrawFor"] = bench.cost(
        market.withdraw_for(people["other"], account=people["contributor"].address)
    )
    gas["leavePool"] = bench.cost(market.leave_pool(bench.pool[0]))
    bench.chain.close()
    return gas


def pools() -> Gas:
    """Return the gas of five-seat draws from a small and a large pool, and of one that only arms a block."""
    gas: Gas = {}
    for pool in POOLS:
        bench = Bench(pool=pool)
        bench.post(5)
        bench.announce()
        _, gas[f"drawPanel, 5 seats, pool of {pool:,}"] = bench.draw(1, 5)
        bench.chain.close()
    bench = Bench()
    bench.post(5)
    bench.announce()
    wait_out_blocks(bench)
    draw = bench.market.draw_panel(bench.people["other"], model_id=1, panel_size=5)
    gas["drawPanel, hash out of reach"] = bench.cost(draw)
    bench.chain.close()
    return gas


def wait_out_blocks(bench: Bench) -> None:
    """Mine empty blocks until the hash of the newest is out of reach."""
    for _ in range(258):
        bench.mine()


def second_query() -> Gas:
    """Return the gas of an answer below the quorum, and of asking and answering again."""
    bench = Bench()
    bench.post(5)
    bench.announce()
    drawn, _ = bench.draw(1, 5)
    rows = bench.sign(drawn, [9_000] * 5)
    bench.request(1)
    gas = {
        "__callback, 2 signed rows, below the quorum": bench.answer(1, rows[:2]),
        "requestEvaluations, again": bench.request(1, wait=12),
        "__callback, the other 3 rows": bench.answer(1 + 2**40, rows[2:]),
    }
    bench.chain.close()
    return gas


def rules() -> Gas:
    """Return the gas of an answer of five rows under each shipped rule."""
    gas: Gas = {}
    for rule in ("flat", "proportional", "median"):
        bench = Bench(rule=rule)
        bench.post(5)
        bench.announce()
        drawn, _ = bench.draw(1, 5)
        bench.request(1)
        gas[f"__callback, 5 signed rows, {rule}"] = bench.answer(1, bench.sign(drawn, [9_000] * 5))
        bench.chain.close()
    return gas


def sealed_access() -> Gas:
    """Return the gas of what sealing adds; the rewarded share their keys."""
    bench = Bench()
    market, people = bench.market, bench.people
    options = {"access": Access.SEALED_FOR_REWARDED, "access_key": PUBLIC_KEY, "key_window": 300}
    sealed = {"key_commitment": keccak256(WRAP), "fingerprint": SALT, "access_key": PUBLIC_KEY}
    gas = {
        "postTask, sealed": bench.post(5, **options),
        "announceModel, sealed": bench.announce(**sealed),
    }
    bench.announce("other", **sealed)
    for model_id, contributor in enumerate((people["contributor"], people["other"]), 1):
        drawn, _ = bench.draw(model_id, 5)
        deliver = market.deliver_keys(contributor, model_id=model_id, wrapped_keys=[WRAP] * 5)
        gas[f"deliverKeys, 5 seats, {WRAPPED_BYTES} bytes each"] = bench.cost(deliver)
        bench.request(model_id)
        bench.answer(model_id, bench.sign(drawn, [9_000] * 5))
    release = market.release_key(people["contributor"], model_id=1, wrapped_key=WRAP)
    gas["releaseKey"] = bench.cost(release)
    share = market.share_key(people["contributor"], model_id=1, recipient_model_id=2, wrapped_key=WRAP)
    gas["shareKey"] = bench.cost(share)
    bench.chain.close()
    return gas


def commit_reveal() -> Gas:
    """Return the gas of what commit–reveal adds: rows brought by the oracle, and rows revealed on chain."""
    bench = Bench()
    gas = {"postTask, commit–reveal": bench.post(5, reveal_window=300)}
    bench.announce()
    drawn, _ = bench.draw(1, 5)
    rows = bench.sign(drawn, [9_000] * 5, salt=SALT)
    gas["commitEvaluation"] = bench.commit(rows)
    bench.request(1)
    gas["__callback, 5 committed rows"] = bench.answer(1, rows)
    bench.chain.close()

    bench = Bench()
    bench.post(5, reveal_window=300)
    bench.announce()
    drawn, _ = bench.draw(1, 5)
    rows = bench.sign(drawn, [9_000] * 5, salt=SALT)
    bench.commit(rows)
    gas["revealEvaluation, first of 5 seats"] = bench.reveal(rows[0], 5, wait=300)
    for row in rows[1:]:
        gas["revealEvaluation, last of 5 seats"] = bench.reveal(row, 5)
    expire = bench.market.expire_model(bench.people["other"], model_id=1)
    gas["expireModel, decides by 5 revealed rows"] = bench.cost(expire, wait=3_600)
    bench.chain.close()
    return gas


def bonds() -> Gas:
    """Return the gas of what bonds add: one model of whose panel all report, one with a silent seat."""
    bench = Bench(stake=ETHER)
    market, people = bench.market, bench.people
    gas = {"joinPool, with a stake": bench.join_gas, "postTask, bonded": bench.post(5, **bonded())}
    for model_id, fitnesses in enumerate(([9_000] * 5, [9_000] * 4), 1):
        bench.announce()
        drawn, used = bench.draw(model_id, 5)
        gas.setdefault("drawPanel, 5 bonded seats", used)
        rows = bench.sign(drawn, fitnesses, salt=SALT)
        bench.commit(rows)
        bench.request(model_id)
        used = bench.answer(model_id, rows)
        gas.setdefault("__callback, 5 rows of bonded seats", used)
    gas["settleSeat, paid"] = bench.settle_seat(1, 0)
    gas["settleSeat, silent"] = bench.settle_seat(2, 4)
    bench.mine(market.leave_pool(bench.pool[0]))
    wait_out_blocks(bench)
    gas["reclaimStake"] = bench.cost(market.reclaim_stake(people["other"], slot=0))
    bench.chain.close()
    return gas


def bonded() -> dict[str, Any]:
    """Return the terms of a bonded task."""
    return {"reveal_window": 300, "bond_wei": BOND}


def planted() -> dict[str, Any]:
    """Return the terms of a task with 128 plants, of which one is the model that everybody here announces."""
    node = keccak256(keccak256(CID.encode()) + PLANT_BPS.to_bytes(32, "big") + SALT)
    for sibling in PROOF:
        node = keccak256(min(node, sibling) + max(node, sibling))
    return bonded() | {
        "fitness": FitnessKind.STANDALONE,
        "plant_tolerance_bps": 500,
        "plant_window": 3_000,
        "plant_root": node,
    }


def plants() -> Gas:
    """Return the gas of what plants add, with a panel that reports in the order that is dearest to sort."""
    gas: Gas = {}
    for panel_size in (5, LARGEST_PANEL):
        bench = Bench(pool=panel_size + 10, stake=ETHER)
        gas.setdefault("postTask, planted", bench.post(panel_size, **planted()))
        bench.announce()
        drawn, _ = bench.draw(1, panel_size)
        honest = [9_000 - seat for seat in range(panel_size - 1)]
        rows = bench.sign(drawn, [*honest, 1_000], salt=SALT)
        bench.commit(rows)
        bench.request(1)
        bench.answer(1, rows)
        reveal = bench.market.reveal_plant(
            bench.people["initiator"], model_id=1, plant_bps=PLANT_BPS, salt=SALT, proof=PROOF
        )
        gas[f"revealPlant, {panel_size} seats, 128 plants"] = bench.cost(reveal)
        slashed = bench.settle_seat(1, panel_size - 1, wait=3_000)
        gas.setdefault("settleSeat, slashed", slashed)
        bench.chain.close()
    return gas


def largest_panel() -> Gas:
    """Return the gas of a draw and an answer with as many seats as a panel can have."""
    bench = Bench(pool=LARGEST_PANEL + 10)
    bench.post(LARGEST_PANEL)
    bench.announce()
    drawn, used = bench.draw(1, LARGEST_PANEL)
    bench.request(1)
    rows = bench.sign(drawn, [9_000] * LARGEST_PANEL)
    gas = {f"drawPanel, {LARGEST_PANEL} seats": used}
    gas[f"__callback, {LARGEST_PANEL} signed rows"] = bench.answer(1, rows)
    bench.chain.close()
    return gas


def measure() -> dict[str, Gas]:
    """Return the gas of each call, by what it belongs to."""
    by_panel = {panel_size: plain(panel_size) for panel_size in PANELS}
    growing = {"drawPanel": "seat", "__callback": "signed row"}
    market = {call: used for call, used in by_panel[PANELS[-1]].items() if call not in growing}
    for call, unit in growing.items():
        for panel_size in PANELS:
            plural = "s" if panel_size > 1 else ""
            market[f"{call}, {panel_size} {unit}{plural}"] = by_panel[panel_size][call]
    return {
        "plain market": market,
        "large numbers": pools() | largest_panel(),
        "second query": second_query(),
        "reward rules": rules(),
        "sealed access": sealed_access(),
        "commit–reveal": commit_reveal(),
        "bonds": bonds(),
        "planted tests": plants(),
    }
