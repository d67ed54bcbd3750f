"""A chain behind JSON-RPC: what nodes that seal on demand and nodes that seal by a clock share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import VerifuseError
from .config import ChainConfig
from .genesis import checksummed
from .intake import Intake
from .mempool import Pending
from .rpc import Rpc, RpcError
from .types import Account, Block, CallReverted, Log, Receipt, Snapshot, Transaction

NOBODY = "0x" + "00" * 20
SENT_AT_ONCE = 30
"""Transactions in one request. anvil works on a batch of more than about 60 in any order, since its runtime,
tokio, lets a task make only so many steps before it is others' turn; and order is what a mempool is for."""
_TRACE = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}


@dataclass(frozen=True)
class Head:
    """A node's newest block.

    Attributes:
        number: Counted from genesis.
        timestamp: Unix seconds.
        hash: 32 bytes.
        base_fee_wei: Burnt per gas.
        gas_limit: Most gas of the block.
        gas_used: Gas of its transactions.
        transactions: Their hashes, as the node writes them.
    """

    number: int
    timestamp: int
    hash: bytes
    base_fee_wei: int
    gas_limit: int
    gas_used: int
    transactions: tuple[str, ...]

    @property
    def next_base_fee_wei(self) -> int:
        """The base fee of the block that follows (EIP-1559)."""
        target = self.gas_limit // 2
        change = self.base_fee_wei * abs(self.gas_used - target) // target // 8
        if self.gas_used > target:
            return self.base_fee_wei + max(change, 1)
        return self.base_fee_wei - change


class NodeChain(ABC):
    """A ``types.Chain`` on a node.

    Args:
        config: Chain id, slot, gas price and limit; the node's own are the same.
        rpc: A connection to it.
        url: Where web3 finds it.
        coinbase: Who seals its blocks.
        accounts: Those for whom web3 can sign.
        on_close: Called once when the chain is given back.

    Attributes:
        config: As given.
        chain_id: EIP-155 chain identity.
        coinbase: Checksum address that collects priority fees.
        url: As given.
        accounts: As given.
        on_close: As given.
    """

    def __init__(
        self,
        config: ChainConfig,
        rpc: Rpc,
        url: str,
        coinbase: str,
        accounts: Sequence[Account] = (),
        on_close: Callable[[], None] = lambda: None,
    ):
        self.config = config
        self.chain_id = config.chain_id
        self.coinbase = coinbase
        self.accounts = tuple(accounts)
        self.url: str | None = url
        self._rpc = rpc
        self.on_close = on_close
        self._intake = Intake(config, self.balance, self._nonce)
        self._balances: dict[str, int] = {}
        self._asked: set[str] = set()
        self._asked_before: set[str] = set()
        self._sent: dict[str, Pending] = {}
        self._head = self._newest()

    @cached_property
    def w3(self) -> Any:
        """A ``web3.Web3`` on the same node."""
        from web3 import HTTPProvider, IPCProvider, Web3

        from .web3_view import signing_for

        url = str(self.url)
        provider = HTTPProvider(url) if url.startswith("http") else IPCProvider(url)
        return signing_for(Web3(provider), self.accounts)

    @property
    def block_number(self) -> int:
        """Number of the newest block that was looked at."""
        return self._head.number

    @property
    def timestamp(self) -> int:
        """Unix timestamp of the newest block that was looked at."""
        return self._head.timestamp

    @property
    def pending(self) -> Sequence[Transaction]:
        """Transactions submitted and not yet in a block, in order of arrival."""
        return self._intake.mempool.waiting()

    @property
    def is_idle(self) -> bool:
        """Whether the node holds nothing of ours that waits for a block."""
        return not self._sent

    def submit(self, transaction: Transaction) -> bytes:
        """Sign a transaction, put it into the mempool and return its 32-byte hash.

        The node gets it at the slot.

        Raises:
            InputError: An attribute has a type or range that no chain reads.
            TransactionRefused: The sender cannot pay for it, or no block could ever hold it.
        """
        return self._intake.accept(transaction)

    def mine(self, timestamp: int) -> Block:
        """Bring what waits into the node's next block, or blocks, and return what became of it.

        Args:
            timestamp: Unix seconds, later than the newest block's if the market rules the clock.

        Raises:
            InputError: The timestamp is not later.
            ChainUnreachable: The node is gone, or took longer than ``config.patience``.
        """
        seen, self._head = self._head.number, self._newest()
        receipts = self._seal(timestamp, seen)
        self._forget_balances()
        self._intake.mempool.forget_nonces()
        return Block(self._head.number, self._head.timestamp, self._head.hash, tuple(receipts))

    def call(self, to: str, data: bytes, *, sender: str | None = None) -> bytes:
        """Run a read-only call in the newest block and return its output.

        Raises:
            CallReverted: With the revert data; empty if it ran out of gas or hit a bad instruction.
        """
        request = {
            "from": checksummed(sender or NOBODY),
            "to": checksummed(to),
            "data": "0x" + data.hex(),
            "gas": hex(self.config.block_gas_limit),
        }
        try:
            return as_bytes(self._rpc.ask("eth_call", request, "latest"))
        except RpcError as error:
            raise CallReverted(revert_data(error)) from None

    def balance(self, address: str) -> int:
        """Return an account's wei at the newest block."""
        address = checksummed(address)
        self._asked.add(address)
        if address not in self._balances:
            # Who sent in the last slot often sends in this one; a request for all costs less than one each.
            likely = [address, *sorted(self._asked_before - self._balances.keys() - {address})]
            answers = self._rpc.batch([("eth_getBalance", [one, "latest"]) for one in likely])
            for one, wei in zip(likely, answers, strict=True):
                if isinstance(wei, RpcError):
                    raise wei
                self._balances[one] = int(wei, 16)
        return self._balances[address]

    def snapshot(self) -> Snapshot:
        """Return a mark of the newest block and of what waits, for ``revert``.

        Raises:
            VerifuseError: The node offers none.
        """
        try:
            return Snapshot(self._rpc.ask("evm_snapshot"), self._intake.mempool.copy())
        except RpcError as error:
            raise VerifuseError(f"the node at {self._rpc.place} makes no snapshots: {error}") from None

    def revert(self, snapshot: Snapshot) -> None:
        """Take back every block and every submission since a snapshot."""
        self._rpc.ask("evm_revert", snapshot.mark)
        self._intake.mempool = snapshot.waiting.copy()
        self._forget_balances()
        self._sent.clear()
        self._head = self._newest()

    def close(self) -> None:
        """Give back the connection, and the node if it is ours; calling twice does no harm."""
        on_close, self.on_close = self.on_close, lambda: None
        try:
            on_close()
        finally:
            self._rpc.close()

    @abstractmethod
    def _seal(self, timestamp: int, seen: int) -> list[Receipt]:
        """Have blocks sealed up to a timestamp; move the head and return the receipts in order.

        Args:
            timestamp: Unix seconds.
            seen: Number of the newest block whose receipts were handed out.
        """

    def _forget_balances(self) -> None:
        if self._asked:
            self._asked_before, self._asked = self._asked, set()
        self._balances.clear()

    def _newest(self) -> Head:
        block = self._rpc.ask("eth_getBlockByNumber", "latest", False)
        return Head(
            number=int(block["number"], 16),
            timestamp=int(block["timestamp"], 16),
            hash=as_bytes(block["hash"]),
            base_fee_wei=int(block["baseFeePerGas"], 16),
            gas_limit=int(block["gasLimit"], 16),
            gas_used=int(block["gasUsed"], 16),
            transactions=tuple(block["transactions"]),
        )

    def _send(self, pendings: Iterable[Pending]) -> None:
        """Hand the node what it does not have yet, in this order."""
        hashed = {"0x" + pending.signed.hash.hex(): pending for pending in pendings}
        fresh = {hash_: pending for hash_, pending in hashed.items() if hash_ not in self._sent}
        raw = [
            ("eth_sendRawTransaction", ["0x" + pending.signed.encode().hex()]) for pending in fresh.values()
        ]
        for pending, answer in zip(fresh.values(), self._rpc.batch(raw, SENT_AT_ONCE), strict=True):
            who = pending.transaction.sender.name
            if isinstance(answer, RpcError) and "nonce too low" in answer.message.lower():
                self._check_it_is_there(who, pending)
            elif isinstance(answer, RpcError) and not _has_it_already(answer):
                raise VerifuseError(f"the node at {self._rpc.place} refuses a transaction of {who}: {answer}")
        self._sent |= fresh

    def _check_it_is_there(self, who: str, pending: Pending) -> None:
        """A run that is continued may have sent it before; if not, somebody else uses the same key."""
        if self._rpc.ask("eth_getTransactionReceipt", "0x" + pending.signed.hash.hex()) is None:
            reason = f"nonce {pending.nonce} of {who} was used by another transaction"
            raise VerifuseError(f"{reason}; nobody but the market may send with its keys")

    def _collect(self) -> list[Receipt]:
        """Return receipts of what was sent and is in a block by now, in order, and stop waiting for it."""
        outstanding = list(self._sent)
        answers = self._rpc.batch([("eth_getTransactionReceipt", [hash_]) for hash_ in outstanding])
        raw = [answer for answer in answers if isinstance(answer, dict) and answer.get("blockNumber")]
        raw.sort(key=_place)
        included = [self._sent.pop(entry["transactionHash"]) for entry in raw]
        self._intake.mempool.remove(sorted(included, key=lambda pending: pending.nonce))
        return self._receipts(included, raw)

    def _receipts(self, mined: Sequence[Pending], raw: Sequence[dict[str, Any]]) -> list[Receipt]:
        """Return the receipts of transactions from the node's own, with the reasons of those that failed."""
        failed = [entry["transactionHash"] for entry in raw if entry["status"] == "0x0"]
        reasons = dict(zip(failed, self._reasons(failed), strict=True))
        return [
            _receipt(pending, entry, reasons.get(entry["transactionHash"], b""))
            for pending, entry in zip(mined, raw, strict=True)
        ]

    def _reasons(self, failed: Sequence[str]) -> list[bytes]:
        """Return what failed transactions returned, which receipts leave out."""
        traces = self._rpc.batch([("debug_traceTransaction", [hash_, _TRACE]) for hash_ in failed])
        return [
            self._reason_by_call(hash_)
            if isinstance(trace, RpcError)
            else as_bytes(trace.get("output", "0x"))
            for hash_, trace in zip(failed, traces, strict=True)
        ]

    def _reason_by_call(self, hash_: str) -> bytes:
        # A node without traces: run it again on the state before its block. Earlier transactions of that
        # block are missing there, so now and then it succeeds or fails otherwise.
        sent = self._rpc.ask("eth_getTransactionByHash", hash_)
        request = {key: sent[key] for key in ("from", "to", "value", "gas") if sent.get(key) is not None}
        before = hex(int(sent["blockNumber"], 16) - 1)
        try:
            self._rpc.ask("eth_call", request | {"data": sent["input"]}, before)
        except RpcError as error:
            return revert_data(error)
        return b""

    def _nonce(self, address: str) -> int:
        return int(self._rpc.ask("eth_getTransactionCount", address, "latest"), 16)


def as_bytes(text: str) -> bytes:
    """Return the bytes that a node wrote in hexadecimal."""
    return bytes.fromhex(text.removeprefix("0x"))


def revert_data(error: RpcError) -> bytes:
    """Return what a reverted call returned; each kind of node puts it into another place of its refusal."""
    waiting = [error.data]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and "0x" in part:
            digits = part[part.index("0x") + 2 :].split()
            try:
                return bytes.fromhex(digits[0] if digits else "")
            except ValueError:
                continue
        if isinstance(part, dict):
            waiting += [
                value for name, value in part.items() if name in ("data", "result", "return", "output")
            ]
    return b""


def _has_it_already(error: RpcError) -> bool:
    return any(words in error.message.lower() for words in ("already known", "already imported"))


def _place(entry: dict[str, Any]) -> tuple[int, int]:
    return int(entry["blockNumber"], 16), int(entry["transactionIndex"], 16)


def _receipt(pending: Pending, entry: dict[str, Any], reason: bytes) -> Receipt:
    block, index = _place(entry)
    created = entry.get("contractAddress") if entry["status"] != "0x0" else None
    return Receipt(
        transaction=pending.transaction,
        tx_hash=as_bytes(entry["transactionHash"]),
        nonce=pending.nonce,
        block=block,
        index=index,
        succeeded=entry["status"] != "0x0",
        gas_used=int(entry["gasUsed"], 16),
        gas_price_wei=int(entry["effectiveGasPrice"], 16),
        logs=tuple(_log(log) for log in entry["logs"]),
        contract_address=checksummed(created) if created else None,
        revert_data=reason,
    )


def _log(log: dict[str, Any]) -> Log:
    return Log(checksummed(log["address"]), tuple(map(as_bytes, log["topics"])), as_bytes(log["data"]))
