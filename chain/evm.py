"""py-evm's Cancun machine with less ceremony around its commonest instructions.

Two of three instructions of compiled Solidity only move words or combine two of them. py-evm spends most of
their time on passing through its layers; here they are done on the list behind the stack. Every other
instruction, the gas schedule and all rules of blocks and state are py-evm's own. The stack holds integers
only; py-evm's instructions accept either form of a word, since a contract can compute any.
"""

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from eth.abc import MessageAPI, OpcodeAPI, StateAPI, TransactionContextAPI
from eth.exceptions import FullStack, InsufficientStack, InvalidInstruction, InvalidJumpDestination
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.forks.cancun.state import CancunState
from eth.vm.opcode_values import JUMPDEST
from eth.vm.stack import Stack

WORD = 2**256 - 1
STACK_LIMIT = 1024

Instruction = Callable[[Any], None]

BINARY: dict[str, Callable[[int, int], int]] = {
    "ADD": lambda top, below: (top + below) & WORD,
    "SUB": lambda top, below: (top - below) & WORD,
    "AND": operator.and_,
    "OR": operator.or_,
    "XOR": operator.xor,
    "LT": lambda top, below: int(top < below),
    "GT": lambda top, below: int(top > below),
    "EQ": lambda top, below: int(top == below),
    "SHL": lambda top, below: (below << top) & WORD if top < 256 else 0,
    "SHR": lambda top, below: below >> top if top < 256 else 0,
}


class WordStack(Stack):
    """A stack of integers from 0 to 2**256 - 1."""

    values: list[Any]

    def push_bytes(self, value: bytes) -> None:
        """Push a word given in big-endian order."""
        self.push_int(int.from_bytes(value, "big"))

    def pop1_int(self) -> int:
        """Take the top word."""
        if not self.values:
            raise InsufficientStack("Wanted 1 stack item, had none")
        return self.values.pop()

    def pop_ints(self, num_items: int) -> tuple[int, ...]:
        """Take words, the top one first."""
        values = self.values
        if num_items > len(values):
            raise InsufficientStack(f"Wanted {num_items} stack items, only had {len(values)}")
        taken = tuple(values[: -num_items - 1 : -1])
        del values[-num_items:]
        return taken


def _push(name: str, gas: int, size: int) -> Instruction:
    def push(computation: Any) -> None:
        computation.consume_gas(gas, name)
        code = computation.code
        word = int.from_bytes(code.read(size).ljust(size, b"\0"), "big")
        values = computation.words
        if len(values) >= STACK_LIMIT:
            raise FullStack("Stack limit reached")
        values.append(word)

    return push


def _dup(name: str, gas: int, position: int) -> Instruction:
    def dup(computation: Any) -> None:
        computation.consume_gas(gas, name)
        values = computation.words
        if len(values) >= STACK_LIMIT:
            raise FullStack("Stack limit reached")
        if len(values) < position:
            raise InsufficientStack(f"Insufficient stack items for DUP{position}")
        values.append(values[-position])

    return dup


def _swap(name: str, gas: int, position: int) -> Instruction:
    other = -position - 1

    def swap(computation: Any) -> None:
        computation.consume_gas(gas, name)
        values = computation.words
        if len(values) <= position:
            raise InsufficientStack(f"Insufficient stack items for SWAP{position}")
        values[-1], values[other] = values[other], values[-1]

    return swap


def _pop(name: str, gas: int) -> Instruction:
    def pop(computation: Any) -> None:
        computation.consume_gas(gas, name)
        if not computation.words:
            raise InsufficientStack("Wanted 1 stack item, had none")
        computation.words.pop()

    return pop


def _jumpdest(name: str, gas: int) -> Instruction:
    def jumpdest(computation: Any) -> None:
        computation.consume_gas(gas, name)

    return jumpdest


def _iszero(name: str, gas: int) -> Instruction:
    def iszero(computation: Any) -> None:
        computation.consume_gas(gas, name)
        values = computation.words
        if not values:
            raise InsufficientStack("Wanted 1 stack item, had none")
        values[-1] = int(values[-1] == 0)

    return iszero


def _binary(name: str, gas: int, combine: Callable[[int, int], int]) -> Instruction:
    def binary(computation: Any) -> None:
        computation.consume_gas(gas, name)
        values = computation.words
        if len(values) < 2:
            raise InsufficientStack(f"Wanted 2 stack items, only had {len(values)}")
        top = values.pop()
        values[-1] = combine(top, values[-1])

    return binary


def _jump(name: str, gas: int) -> Instruction:
    def jump(computation: Any) -> None:
        computation.consume_gas(gas, name)
        if not computation.words:
            raise InsufficientStack("Wanted 1 stack item, had none")
        computation.land(computation.words.pop())

    return jump


def _jumpi(name: str, gas: int) -> Instruction:
    def jumpi(computation: Any) -> None:
        computation.consume_gas(gas, name)
        values = computation.words
        if len(values) < 2:
            raise InsufficientStack(f"Wanted 2 stack items, only had {len(values)}")
        target = values.pop()
        if values.pop():
            computation.land(target)

    return jumpi


LONERS = {
    "POP": _pop,
    "JUMPDEST": _jumpdest,
    "ISZERO": _iszero,
    "JUMP": _jump,
    "JUMPI": _jumpi,
}


def _lean(opcode: OpcodeAPI) -> Any:
    """Return the lean form of an instruction, or py-evm's own where there is none."""
    name, gas = getattr(opcode, "mnemonic", ""), getattr(opcode, "gas_cost", 0)
    if name in BINARY:
        return _binary(name, gas, BINARY[name])
    if name in LONERS:
        return LONERS[name](name, gas)
    for prefix, build in (("PUSH", _push), ("DUP", _dup), ("SWAP", _swap)):
        if name.startswith(prefix):
            return build(name, gas, int(name.removeprefix(prefix)))
    return opcode


@lru_cache(maxsize=64)
def _landings(_code: bytes) -> set[int]:
    """Return the places of a code where a jump has landed, to be remembered from run to run."""
    return set()


class LeanComputation(CancunComputation):
    """A run of code whose commonest instructions are lean.

    Attributes:
        words: The list behind the stack, its top last.
    """

    opcodes: ClassVar = {number: _lean(opcode) for number, opcode in CancunComputation.opcodes.items()}

    def __init__(self, state: StateAPI, message: MessageAPI, transaction_context: TransactionContextAPI):
        super().__init__(state, message, transaction_context)
        self._stack = WordStack()
        self.words = self._stack.values
        self._landings = _landings(message.code)

    def land(self, target: int) -> None:
        """Go on at a JUMPDEST; py-evm looks whether it is one when a code's run first gets there."""
        code = self.code
        code.program_counter = target
        if target in self._landings:
            return
        if code.peek() != JUMPDEST:
            raise InvalidJumpDestination("Invalid Jump Destination")
        if not code.is_valid_opcode(target):
            raise InvalidInstruction("Jump resulted in invalid instruction")
        self._landings.add(target)

    def consume_gas(self, amount: int, reason: str) -> None:
        """Take an instruction's gas; py-evm's meter raises what is to be raised."""
        meter = self._gas_meter
        if 0 <= amount <= meter.gas_remaining:
            meter.gas_remaining -= amount
        else:
            meter.consume_gas(amount, reason)

    def extend_memory(self, start_position: int, size: int) -> None:
        """Extend and charge for memory; what is already there is free."""
        if start_position + size > len(self._memory):
            super().extend_memory(start_position, size)


class LeanState(CancunState):
    """Cancun's state with lean computations."""

    computation_class = LeanComputation


class LeanVM(CancunVM):
    """Cancun's rules with lean computations."""

    _state_class = LeanState
