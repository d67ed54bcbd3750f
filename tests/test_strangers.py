"""A person beside the agents, on the same chain: her transactions are mined with theirs and told of."""

from eth_account import Account
from web3.types import Wei

from verifuse.analysis import tell
from verifuse.contracts import TaskPosted
from verifuse.contracts.artifact import task_market_artifact
from verifuse.scenarios import load, run_scenario

ETHER = 10**18


class Stranger:
    """Adds to the escrow of the task and joins the pool through web3, as a person with a wallet would."""

    def __init__(self, market):
        self.market = market
        self.account = Account.from_key("0x" + "77" * 32)
        market.schedule_event(self.act, at=30.0)

    def act(self):
        w3, market = self.market.chain.w3, self.market
        contract = w3.eth.contract(market.contract.address, abi=task_market_artifact().abi)
        [task_id] = [
            event.task_id for mined in market.mined for event in mined.events if isinstance(event, TaskPosted)
        ]
        w3.provider.make_request("anvil_setBalance", [self.account.address, hex(10 * ETHER)])
        calls = ((contract.functions.topUp(task_id), ETHER), (contract.functions.joinPool(b""), 0))
        for nonce, (call, wei) in enumerate(calls):
            filled = call.build_transaction(
                {"from": self.account.address, "value": Wei(wei), "nonce": nonce, "gas": 300_000}
            )
            w3.eth.send_raw_transaction(self.account.sign_transaction(filled).raw_transaction)


def test_a_stranger_takes_part_through_her_own_wallet(small, cache, tmp_path):
    guests = []
    record = run_scenario(
        load("quick", [*small, 'chain.name="anvil"']),
        tmp_path / "run",
        cache=cache,
        workers=1,
        on_start=lambda market: guests.append(Stranger(market)),
    )
    stranger = guests[0].account.address
    transactions = record.table("transactions")
    sent = transactions[transactions["sender"] == stranger]
    assert list(sent["status"]) == [1, 1] and list(sent["value_wei"].map(int)) == [ETHER, 0]
    assert {"TaskToppedUp", "PoolJoined"} <= set(record.table("events")["event"])
    for who in ("initiator", "contributor-1", "verifier-1"):
        assert list(tell(record, who))
