"""Gas of each PaperMarket call on py-evm, as a Markdown table: ``python benchmarks/paper_gas.py``.

Every account has held ether before and every slot that a call writes is fresh, as in ``gas.py``.
"""

from verifuse.chain import ChainConfig, Receipt, Transaction, derive_account, open_chain
from verifuse.contracts import Evaluation, EvaluationsRequested, SignedEvaluation
from verifuse.contracts.paper_market import PaperMarket, PaperTerms, paper_deployed, paper_deployment

SEED = 1
ETHER = 10**18
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
FEW, MANY = 3, 40


def run_one_model(voters: int, silent: int = 0) -> dict[str, int]:
    """Return the gas of each call in the life of a task whose first model all ``voters`` vote for."""
    names = ["initiator", "oracle", "contributor", *(f"verifier-{i}" for i in range(voters + silent))]
    people = {name: derive_account(SEED, name) for name in names}
    config = ChainConfig()
    chain = open_chain(config, dict.fromkeys(people.values(), 100 * ETHER))
    gas: dict[str, int] = {}

    def mine(transaction: Transaction) -> Receipt:
        chain.submit(transaction)
        (receipt,) = chain.mine(chain.timestamp + config.slot_seconds).receipts
        assert receipt.succeeded, receipt
        gas[transaction.function] = receipt.gas_used
        return receipt

    market: PaperMarket = paper_deployed(chain, mine(paper_deployment(people["initiator"])))
    pool = [account for name, account in people.items() if name.startswith("verifier-")]
    for account in pool:
        mine(market.join_pool(account))
    terms = PaperTerms(CID, CID, people["oracle"].address, 7_500, ETHER, ETHER // 100)
    mine(market.post_task(people["initiator"], terms=terms, value_wei=5 * ETHER))
    mine(market.announce_model(people["contributor"], task_id=1, cid=CID))
    receipt = mine(market.request_evaluations(people["contributor"], model_id=1))
    (query,) = market.events(receipt)
    assert isinstance(query, EvaluationsRequested)
    rows = [SignedEvaluation(Evaluation(1, one.address, 9_000, 0, bytes(32)), b"") for one in pool[:voters]]
    mine(market.deliver_evaluations(people["oracle"], query_id=query.query_id, evaluations=rows))
    mine(market.close_task(people["initiator"], task_id=1))
    chain.close()
    return gas


def table() -> str:
    """Return the table of ``docs/explanation/paper_contract.md``."""
    gas = run_one_model(FEW)
    answer = gas.pop("__callback")
    voting = (run_one_model(MANY)["__callback"] - answer) / (MANY - FEW)
    silent = (run_one_model(FEW, MANY - FEW)["__callback"] - answer) / (MANY - FEW)
    lines = ["| call | gas |", "|---|---:|", f"| deployment | {gas.pop('constructor'):,} |"]
    lines += [f"| `{function}` | {used:,} |" for function, used in gas.items()]
    lines.append(f"| `__callback` | {answer - FEW * voting:,.0f} |")
    lines.append(f"| … and for each registered account that sent a row | {voting:,.0f} |")
    lines.append(f"| … and for each that sent none | {silent:,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
