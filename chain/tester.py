"""An Ethereum chain inside this process: real signatures, blocks and gas on py-evm."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from eth_typing import Address
from eth_utils.address import is_address, is_checksum_address, to_canonical_address, to_checksum_address

from ..errors import InputError
from .backend import COINBASE, SimulationBackend, reading_web3
from .builder import BlockBuilder
from .config import MIN_GAS_PRICE_WEI, ChainConfig
from .keccak import use_fast_keccak
from .mempool import Mempool
from .signer import Signer, check_form, is_amount
from .types import Account, Block, CallReverted, Transaction, TransactionRefused

NOBODY = "0x" + "00" * 20
"""Sender of a read-only call that names none, as in ``eth_call``."""


class TesterChain:
    """A ``types.Chain`` on eth-tester's py-evm, under the rules of Cancun.

    Transactions are of type 2 (EIP-1559) with both fee caps at the same price, so that price is what
    each unit of gas costs, whatever share of it the base fee burns. The remainder goes to
    ``coinbase``. Should the base fee ever rise above a transaction's price, it waits in the mempool
    until emptier blocks have let the base fee fall, as on a public chain.

    Args:
        config: Chain id, slot, genesis, gas price and limit.
        balances: Wei at block 0 by account or checksum address; nobody else owns ether.

    Attributes:
        config: As given.
        chain_id: EIP-155 chain identity.
        backend: eth-tester's backend, for those who need py-evm itself as ``backend.chain``.
        coinbase: Checksum address that collects priority fees; nobody holds its key.

    Raises:
        InputError: If an address or amount is impossible, or one address is named twice.
    """

    def __init__(self, config: ChainConfig, balances: Mapping[Account | str, int]):
        use_fast_keccak()
        self.config = config
        self.chain_id = config.chain_id
        self.coinbase = to_checksum_address(COINBASE)
        self._signer = Signer(config.chain_id)
        self._mempool = Mempool()
        keys = [self._signer.key(who) for who in balances if isinstance(who, Account)]
        self.backend = SimulationBackend(config, _genesis_balances(balances), keys)
        self._newest = self._vm_at_head()

    @cached_property
    def w3(self) -> Any:
        """A ``web3.Web3`` that reads this chain; sending through it is refused."""
        return reading_web3(self.backend, self.config)

    @property
    def block_number(self) -> int:
        """Number of the newest sealed block."""
        return self._newest.get_header().block_number

    @property
    def timestamp(self) -> int:
        """Unix timestamp of the newest sealed block in seconds."""
        return self._newest.get_header().timestamp

    @property
    def pending(self) -> Sequence[Transaction]:
        """Transactions submitted and not yet in a block, in order of arrival."""
        return self._mempool.waiting()

    def submit(self, transaction: Transaction) -> bytes:
        """Sign a transaction, put it into the mempool and return its 32-byte hash.

        ``priority_fee_wei`` is the whole price of its gas and its rank in the block; several
        transactions of one sender keep their order, whatever they pay.

        Raises:
            InputError: If an attribute has a type or range that no chain reads.
            TransactionRefused: If the sender cannot pay for it on top of what she has waiting, or if
                no block could ever hold it.
        """
        check_form(transaction)
        sender, price_wei = transaction.sender, transaction.priority_fee_wei
        if price_wei is None:
            price_wei = self.config.gas_price
        self._check_acceptable(transaction, price_wei)
        signed = self._signer.sign(transaction, price_wei, self._mempool.next_nonce(sender.address))
        if transaction.gas < signed.intrinsic_gas:
            reason = f"{transaction.gas} gas are less than the {signed.intrinsic_gas} it costs to be included"
            raise TransactionRefused(sender.name, reason)
        self._mempool.add(transaction, signed, price_wei)
        return signed.hash

    def mine(self, timestamp: int) -> Block:
        """Seal one block with what the mempool holds and the gas limit allows.

        Args:
            timestamp: Unix seconds, later than the newest block's.

        Raises:
            InputError: If the timestamp is not later.
        """
        if type(timestamp) is not int or not self.timestamp < timestamp < 2**64:
            raise InputError("timestamp", timestamp, f"give whole Unix seconds after {self.timestamp}")
        self.backend.open_block(timestamp)
        builder = BlockBuilder(self.backend.chain)
        included = []
        for pending in self._mempool.best_first(builder.fits):
            builder.apply(pending)
            included.append(pending)
        block = builder.seal()
        self._mempool.remove(included)
        self.backend.open_block(timestamp + self.config.slot_seconds)
        self._newest = self._vm_at_head()
        return block

    def call(self, to: str, data: bytes, *, sender: str | None = None) -> bytes:
        """Run a read-only call in the newest block and return its output.

        Raises:
            CallReverted: With the revert data; empty if it ran out of gas or hit a bad instruction.
        """
        state = self._newest.state
        callee, caller = _canonical(to), _canonical(sender or NOBODY)
        snapshot = state.snapshot()
        try:
            computation = self._newest.execute_bytecode(
                origin=caller,
                gas_price=self.config.gas_price,
                gas=self.config.block_gas_limit,
                to=callee,
                sender=caller,
                value=0,
                data=data,
                code=state.get_code(callee),
            )
        finally:
            state.revert(snapshot)
        if computation.is_error:
            raise CallReverted(computation.output)
        return computation.output

    def balance(self, address: str) -> int:
        """Return an account's wei at the newest block."""
        return self._newest.state.get_balance(_canonical(address))

    def close(self) -> None:
        """Do nothing: the chain is memory of this process and goes when its last reference goes."""

    def _vm_at_head(self) -> Any:
        chain = self.backend.chain
        return chain.get_vm(chain.get_canonical_head())

    def _check_acceptable(self, transaction: Transaction, price_wei: int) -> None:
        sender, gas = transaction.sender, transaction.gas
        if price_wei < MIN_GAS_PRICE_WEI:
            reason = f"a gas price of {price_wei} wei is below the least of {MIN_GAS_PRICE_WEI} wei"
            raise TransactionRefused(sender.name, reason)
        if gas > self.config.block_gas_limit:
            reason = f"{gas} gas do not fit into a block of {self.config.block_gas_limit}"
            raise TransactionRefused(sender.name, reason)
        cost_wei = transaction.value_wei + gas * price_wei
        promised_wei = self._mempool.owed_wei(sender.address)
        short_wei = promised_wei + cost_wei - self.balance(sender.address)
        if short_wei > 0:
            reason = (
                f"{short_wei} wei short: value and gas may take {cost_wei} wei on top of "
                f"{promised_wei} wei promised to waiting transactions"
            )
            raise TransactionRefused(sender.name, reason)


def _canonical(address: str) -> Address:
    if not is_address(address):
        raise InputError("address", address, "give 20 bytes in hexadecimal")
    return to_canonical_address(address)


def _genesis_balances(balances: Mapping[Account | str, int]) -> dict[bytes, int]:
    genesis: dict[bytes, int] = {}
    for who, wei in balances.items():
        address = who.address if isinstance(who, Account) else who
        if not is_checksum_address(address):
            raise InputError("balances", address, "give accounts or EIP-55 checksum addresses")
        if not is_amount(wei):
            raise InputError(f"balances.{address}", wei, "give whole wei from 0 to 2**128 - 1")
        canonical = to_canonical_address(address)
        if canonical in genesis:
            raise InputError("balances", address, "name each address once")
        genesis[canonical] = wei
    return genesis
