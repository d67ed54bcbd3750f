"""An Ethereum chain inside this process: real signatures, blocks and gas on py-evm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from eth_utils.address import to_canonical_address, to_checksum_address

from .backend import SimulationBackend
from .builder import BlockBuilder
from .config import ChainConfig
from .genesis import COINBASE, accounts_of, canonical, check_later, genesis_balances
from .intake import Intake
from .keccak import use_fast_keccak
from .types import Account, Block, CallReverted, Receipt, Snapshot, Transaction

NOBODY = "0x" + "00" * 20
"""Sender of a read-only call that names none, as in ``eth_call``."""


class TesterChain:
    """A ``types.Chain`` on eth-tester's py-evm, under the rules of Cancun.

    Should the base fee ever rise above a transaction's fee cap, it waits in the mempool until emptier
    blocks have let the base fee fall, as on a public chain.

    Args:
        config: Chain id, slot, genesis, gas price and limit.
        balances: Wei at block 0 by account or checksum address; nobody else owns ether.

    Attributes:
        config: As given.
        chain_id: EIP-155 chain identity.
        backend: eth-tester's backend, for those who need py-evm itself as ``backend.chain``.
        accounts: Those whose keys were given with ``balances``.
        coinbase: Checksum address that collects priority fees; nobody holds its key.
        url: None, for no other program reaches memory of this one.

    Raises:
        InputError: If an address or amount is impossible, or one address is named twice.
    """

    def __init__(self, config: ChainConfig, balances: Mapping[Account | str, int]):
        use_fast_keccak()
        self.config = config
        self.chain_id = config.chain_id
        self.coinbase: str = to_checksum_address(COINBASE)
        self.url: str | None = None
        self._intake = Intake(config, self.balance)
        self.accounts = accounts_of(balances)
        keys = [self._intake.signer.key(account) for account in self.accounts]
        genesis = {to_canonical_address(who): wei for who, wei in genesis_balances(balances).items()}
        self.backend = SimulationBackend(config, genesis, keys)
        self._newest = self._vm_at_head()
        self._aside: tuple[Receipt, ...] = ()

    @cached_property
    def w3(self) -> Any:
        """A ``web3.Web3`` on this chain; what it sends waits for the next block like everybody's."""
        from .web3_view import web3_on

        return web3_on(self)

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
        return self._intake.mempool.waiting()

    def submit(self, transaction: Transaction) -> bytes:
        """Sign a transaction, put it into the mempool and return its 32-byte hash.

        Several transactions of one sender keep their order, whatever they pay.

        Raises:
            InputError: If an attribute has a type or range that no chain reads.
            TransactionRefused: If the sender cannot pay for it on top of what she has waiting, or if
                no block could ever hold it.
        """
        return self._intake.accept(transaction)

    def submit_signed(self, raw: bytes) -> bytes:
        """Put a transaction that somebody signed elsewhere into the mempool and return its 32-byte hash.

        Args:
            raw: As ``eth_sendRawTransaction`` takes it (EIP-2718).

        Raises:
            TransactionRefused: As ``submit``, or its nonce is not the sender's next.
        """
        signed = self._newest.get_transaction_builder().decode(raw)
        address = to_checksum_address(signed.sender)
        to = to_checksum_address(signed.to) if signed.to else None
        transaction = Transaction(Account(address, address, b""), to, signed.data, signed.value, signed.gas)
        return self._intake.accept_signed(transaction, signed)

    def next_nonce(self, address: str) -> int:
        """Return the nonce of an account's next transaction, counting those that wait."""
        return self._intake.mempool.next_nonce(address)

    def mine(self, timestamp: int) -> Block:
        """Seal one block with what the mempool holds and the gas limit allows.

        Args:
            timestamp: Unix seconds, later than the newest block's.

        Returns:
            The block; receipts of blocks that somebody had sealed through web3 meanwhile come before its own.

        Raises:
            InputError: If the timestamp is not later.
        """
        block = self._seal(timestamp)
        aside, self._aside = self._aside, ()
        return replace(block, receipts=aside + block.receipts)

    def mine_aside(self) -> Block:
        """Seal a block one slot on for somebody beside the market, who will hear of it at the next slot."""
        block = self._seal(self.timestamp + self.config.slot_seconds)
        self._aside += block.receipts
        return block

    def _seal(self, timestamp: int) -> Block:
        check_later(timestamp, self.timestamp)
        self.backend.open_block(timestamp)
        builder = BlockBuilder(self.backend.chain)
        included = []
        for pending in self._intake.mempool.best_first(builder.base_fee_wei, builder.fits):
            builder.apply(pending)
            included.append(pending)
        block = builder.seal()
        self._intake.mempool.remove(included)
        self.backend.open_block(timestamp + self.config.slot_seconds)
        self._newest = self._vm_at_head()
        return block

    def call(self, to: str, data: bytes, *, sender: str | None = None) -> bytes:
        """Run a read-only call in the newest block and return its output.

        Raises:
            CallReverted: With the revert data; empty if it ran out of gas or hit a bad instruction.
        """
        state = self._newest.state
        callee, caller = canonical(to), canonical(sender or NOBODY)
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
        return self._newest.state.get_balance(canonical(address))

    def snapshot(self) -> Snapshot:
        """Return a mark of the newest block and of what waits, for ``revert``."""
        return Snapshot(self.backend.contents, self._intake.mempool.copy())

    def revert(self, snapshot: Snapshot) -> None:
        """Take back every block and every submission since a snapshot."""
        self.backend.contents = snapshot.mark
        self._intake.mempool = snapshot.waiting.copy()
        self.backend.open_block(self.backend.chain.get_canonical_head().timestamp + self.config.slot_seconds)
        self._newest = self._vm_at_head()

    def close(self) -> None:
        """Do nothing: the chain is memory of this process and goes when its last reference goes."""

    def _vm_at_head(self) -> Any:
        chain = self.backend.chain
        return chain.get_vm(chain.get_canonical_head())
