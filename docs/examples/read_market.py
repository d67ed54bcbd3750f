"""Read a market from its node: python read_market.py URL ADDRESS ABI-FILE."""

import json
import sys
from pathlib import Path

from web3 import Web3

url, address, file = sys.argv[1:]
w3 = Web3(Web3.HTTPProvider(url))
market = w3.eth.contract(Web3.to_checksum_address(address), abi=json.loads(Path(file).read_text())["abi"])

_, models, _ = market.functions.counts().call()
print("task 1", *market.functions.task(1).call()[:2])
for number in range(1, models + 1):
    contributor, *_, state, _, _, _ = market.functions.model(number).call()
    print("model", number, contributor, state)
for event in market.events.Credited().get_logs(from_block=0):
    paid = event["args"]
    owed = market.functions.credit(paid["account"]).call()
    print(
        "paid", event["blockNumber"], paid["account"], paid["modelId"], paid["amount"], paid["reason"], owed
    )
