"""An ordinary ``web3.Web3`` on the chain inside this process, for users and notebooks.

The market itself does without: web3 formats, checks and asks again, which costs more than the EVM.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from eth_tester import EthereumTester
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_bytes
from web3 import EthereumTesterProvider, Web3
from web3.middleware import SignAndSendRawMiddlewareBuilder
from web3.providers.eth_tester.defaults import API_ENDPOINTS

from ..errors import VerifuseError
from .types import Account

if TYPE_CHECKING:
    from .tester import TesterChain


def web3_on(chain: "TesterChain") -> Web3:
    """Return a ``Web3`` that reads a chain and sends into its mempool.

    What is sent waits, as everybody's transactions do, until the market's next slot, ``chain.mine`` or
    ``evm_mine`` seals a block. Time travel is absent, for the market owns the time.
    """
    config = chain.config
    endpoints = {space: dict(API_ENDPOINTS[space]) for space in ("web3", "net", "eth")}
    count_sealed = endpoints["eth"]["getTransactionCount"]

    def count(tester: EthereumTester, parameters: Sequence[Any]) -> Any:
        if parameters[1:] == ["pending"]:
            return chain.next_nonce(to_checksum_address(parameters[0]))
        return count_sealed(tester, parameters)

    endpoints["net"]["version"] = lambda *_: str(config.chain_id)
    endpoints["eth"] |= {
        "chainId": lambda *_: config.chain_id,
        "gasPrice": lambda *_: config.gas_price,
        "maxPriorityFeePerGas": lambda *_: config.gas_price,
        "getTransactionCount": count,
        "sendTransaction": _refuse,
        "sendRawTransaction": lambda _, parameters: chain.submit_signed(_raw(parameters[0])),
    }
    endpoints["evm"] = {"mine": lambda *_: chain.mine_aside().hash}
    return signing_for(Web3(EthereumTesterProvider(EthereumTester(chain.backend), endpoints)), chain.accounts)


def signing_for(w3: Web3, accounts: Iterable[Account]) -> Web3:
    """Let a ``Web3`` sign what these accounts send, so that ``transact({"from": …})`` works."""
    keys = [account.private_key for account in accounts]
    if keys:
        signing: Any = SignAndSendRawMiddlewareBuilder.build(keys)
        w3.middleware_onion.inject(signing, "signing", layer=0)
    return w3


def _raw(transaction: bytes | str) -> bytes:
    return to_bytes(hexstr=transaction) if isinstance(transaction, str) else bytes(transaction)


def _refuse(_: EthereumTester, parameters: Sequence[Any]) -> None:
    raise VerifuseError(f"no key for {parameters[0].get('from')}: sign it and use eth_sendRawTransaction")
