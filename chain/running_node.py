"""A node that somebody else runs, by its URL or the path of its socket."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from eth_utils.address import to_checksum_address

from ..errors import InputError
from ..units import format_wei
from .config import ChainConfig
from .genesis import accounts_of, checksummed, genesis_balances
from .keccak import use_fast_keccak
from .node import NodeChain
from .on_demand import OnDemandChain
from .rpc import Rpc, RpcError, connect
from .rpc_journal import JournalledRpc
from .types import Account, ChainUnreachable, Transaction
from .wall_clock import WallClockChain

FUNDING_KEY = "VERIFUSE_FUNDING_KEY"
"""The environment variable that holds the private key of who pays for everybody."""

DEVELOPMENT_CHAINS = {1337: "geth --dev", 31337: "anvil and hardhat", 5777: "ganache"}
"""Chain ids that nobody uses for ether of value."""

TELLABLE = ("anvil", "hardhat", "ganache")
"""Nodes that seal blocks and set balances when told, as they begin to call themselves."""

TRANSFER_GAS = 21_000


def funding_secret(config: ChainConfig) -> bytes:
    """Return the private key in ``VERIFUSE_FUNDING_KEY``, if a running node is asked for and it is set.

    Raises:
        InputError: It is no private key; the message does not show it.
    """
    text = os.environ.get(FUNDING_KEY, "")
    if not (config.is_running_node and text):
        return b""
    try:
        key = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        key = b""
    from eth_keys.constants import SECPK1_N

    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < SECPK1_N:
        raise InputError(FUNDING_KEY, "…", "set it to a private key of 32 bytes in hexadecimal")
    return key


def open_running_node(
    config: ChainConfig, balances: Mapping[Account | str, int], journal: Path | None = None
) -> NodeChain:
    """Return a chain on a running node on which everybody owns at least ``balances``.

    Args:
        config: ``config.name`` is its URL or the path of its socket; chain id and gas limit are its own.
        balances: Wei by account or checksum address.
        journal: File that remembers what the node answered, so that a run can be continued; one that
            exists already answers first.

    Raises:
        InputError: Not a node's URL, a public chain, or nobody who pays.
        ChainUnreachable: Nobody listens there.
    """
    use_fast_keccak()
    is_continued = journal is not None and journal.exists()
    node = connect(config.name, config.patience) if is_continued else _find(config)
    try:
        rpc = node if journal is None else JournalledRpc(node, journal)
        return _open(config, balances, node, rpc)
    except BaseException:
        node.close()
        raise


def _find(config: ChainConfig) -> Rpc:
    try:
        node = connect(config.name, config.patience)
        chain_id, client = node.ask("eth_chainId"), node.ask("web3_clientVersion")
        newest = node.ask("eth_getBlockByNumber", "latest", False)
    except (ChainUnreachable, RpcError) as error:
        raise InputError("chain.name", config.name, f"a node that answers: {error}") from None
    is_node = isinstance(chain_id, str) and isinstance(client, str) and isinstance(newest, dict)
    if not is_node or not isinstance(newest.get("baseFeePerGas"), str):
        allowed = "a node of Ethereum with base fees, which came with its London release (EIP-1559)"
        raise InputError("chain.name", config.name, allowed)
    return node


def _open(config: ChainConfig, balances: Mapping[Account | str, int], node: Rpc, rpc: Rpc) -> NodeChain:
    owners = genesis_balances(balances)
    chain_id = int(rpc.ask("eth_chainId"), 16)
    client = str(rpc.ask("web3_clientVersion"))
    newest = rpc.ask("eth_getBlockByNumber", "latest", False)
    is_tellable = client.lower().startswith(TELLABLE)
    if chain_id not in DEVELOPMENT_CHAINS and not config.allow_public:
        allowed = (
            f"a development chain ({', '.join(map(str, DEVELOPMENT_CHAINS))}): on its chain {chain_id}"
            " ether may be money; chain.allow_public=true insists"
        )
        raise InputError("chain.name", config.name, allowed)
    config = config.model_copy(update={"chain_id": chain_id, "block_gas_limit": int(newest["gasLimit"], 16)})
    miner = to_checksum_address(newest["miner"])
    on_demand = is_tellable if config.clock is None else config.clock == "market"
    if on_demand:
        # Past the journal: whatever a node was told before, a run that is continued has to tell it again.
        _take_the_clock(node)
        chain = OnDemandChain(config, rpc, config.name, miner, accounts_of(balances))
        chain.on_close = lambda: _give_back(chain, node)
    else:
        chain = WallClockChain(config, rpc, config.name, miner, accounts_of(balances))
        chain.nudger = _funder(config)
    if not (on_demand and _set_balances(rpc, owners)):
        _fund(chain, owners, _funder(config))
    return chain


def _take_the_clock(node: Rpc) -> None:
    """Have the node seal no block by itself."""
    try:
        node.ask("evm_setAutomine", False)
        node.ask("evm_setIntervalMining", 0)
    except RpcError as error:
        allowed = f"a node that seals blocks when told, or chain.clock=node; it says: {error}"
        raise InputError("chain.clock", "market", allowed) from None


def _give_back(chain: NodeChain, node: Rpc) -> None:
    """Let the node seal by itself again, unless it holds what a continued run wants in a block of its own."""
    if chain.is_idle:
        with suppress(RpcError, ChainUnreachable):
            node.ask("evm_setAutomine", True)


def _set_balances(rpc: Rpc, owners: Mapping[str, int]) -> bool:
    """Give everybody exactly what is wanted, out of nothing; return whether the node does that."""
    calls = [("hardhat_setBalance", [address, hex(wei)]) for address, wei in owners.items()]
    return not any(isinstance(answer, RpcError) for answer in rpc.batch(calls))


def _funder(config: ChainConfig) -> Account | None:
    secret = funding_secret(config)
    if not secret:
        return None
    from eth_keys.datatypes import PrivateKey

    return Account("funder", PrivateKey(secret).public_key.to_checksum_address(), secret)


def _fund(chain: NodeChain, owners: Mapping[str, int], funder: Account | None) -> None:
    """Send everybody what is missing."""
    missing = {address: wei - chain.balance(address) for address, wei in owners.items()}
    missing = {address: wei for address, wei in missing.items() if wei > 0}
    needed = sum(missing.values()) + len(missing) * TRANSFER_GAS * chain.config.gas_price
    if not missing:
        return
    if funder is None:
        allowed = (
            f"the private key of an account with {format_wei(needed)} on {chain.url}, to pay for everybody"
        )
        raise InputError(FUNDING_KEY, "", allowed)
    held = chain.balance(funder.address)
    if held < needed:
        allowed = f"an account with {format_wei(needed)} on {chain.url}; it has {format_wei(held)}"
        raise InputError(FUNDING_KEY, checksummed(funder.address), allowed)
    for address, wei in missing.items():
        chain.submit(Transaction(funder, address, b"", wei, TRANSFER_GAS, "fund"))
    chain.mine(chain.timestamp + chain.config.slot_seconds)
