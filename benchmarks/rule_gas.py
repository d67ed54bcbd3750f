"""Gas of the shipped reward rules on py-evm, as a Markdown table: ``python benchmarks/rule_gas.py``.

Margins of 100 basis points under a MAFR of 0, and a full margin of 500 for the rules that take one. What a
transaction costs by itself is taken off, as a market pays it once for its whole callback.
"""

from verifuse.chain import ChainConfig, Receipt, Transaction, derive_account, open_chain
from verifuse.contracts import deployed_rule, rule_deployment, shipped_rule
from verifuse.contracts.rules import DECIDE, SHIPPED_RULES

ETHER = 10**18
SIZES = (1, 3, 5, 9, 128)


def table() -> str:
    """Return the table of ``docs/how-to/own_reward_rule.md``."""
    config, who = ChainConfig(), derive_account(1, "anyone")
    chain = open_chain(config, {who: 1000 * ETHER})

    def mine(transaction: Transaction) -> Receipt:
        chain.submit(transaction)
        (receipt,) = chain.mine(chain.timestamp + config.slot_seconds).receipts
        assert receipt.succeeded, receipt
        return receipt

    def decide(address: str, size: int) -> int:
        data = DECIDE.encode([0, ETHER, [100] * size])
        used = mine(Transaction(who, address, data, gas=3_000_000)).gas_used
        return used - 21_000 - sum(16 if byte else 4 for byte in data)

    lines = [f"| rule | deployment | 1 margin | {' | '.join(map(str, SIZES[1:]))} |"]
    lines.append("|---|" + "---:|" * (1 + len(SIZES)))
    for name in SHIPPED_RULES:
        rule = shipped_rule(name)
        created = mine(rule_deployment(who, rule, 500 if rule.takes_full_margin else None))
        address = deployed_rule(chain, created).address
        figures = [created.gas_used, *(decide(address, size) for size in SIZES)]
        lines.append(f"| `{name}` | {' | '.join(f'{figure:,}' for figure in figures)} |")
    chain.close()
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
