"""The lean instructions against py-evm's own."""

import pytest
from eth.vm.forks.cancun import CancunVM
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain

JUMP, PUSH1, PUSH32, JUMPDEST = 0x56, 0x60, 0x7F, 0x5B
LEAN = (0x01, 0x03, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1B, 0x1C, 0x50, JUMPDEST, 0x5F)
OTHERS = (0x51, 0x52, 0x54, 0x55, 0x20, JUMP, 0x57)

edges = st.sampled_from([0, 1, 31, 32, 255, 256, 2**255, 2**256 - 1])
words = st.one_of(edges, st.integers(0, 2**256 - 1), st.integers(0, 40))


def one_byte(values):
    return values.map(lambda value: bytes([value]))


instructions = st.one_of(
    words.map(lambda word: bytes([PUSH32]) + word.to_bytes(32, "big")),
    st.integers(0, 255).map(lambda word: bytes([PUSH1, word])),
    one_byte(st.sampled_from(LEAN)),
    one_byte(st.integers(0x80, 0x9F)),
    one_byte(st.sampled_from(OTHERS)),
    one_byte(st.integers(0, 255)),
)
bodies = st.lists(instructions, max_size=30)


@pytest.fixture(scope="module")
def machines():
    """Both machines at the head of one chain."""
    chain = open_chain(ChainConfig(), {derive_account(1, "someone"): 10**20}).backend.chain
    lean = chain.get_vm()
    stock = CancunVM(lean.get_header(), chain.chaindb, chain, chain.consensus_context)
    return lean, stock


def run(vm, code, gas):
    """Run code on a fresh copy of the state and return all that it shows."""
    snapshot = vm.state.snapshot()
    here = b"\x11" * 20
    done = vm.execute_bytecode(here, 1, gas, here, here, 0, b"\x05" * 40, code)
    stored = [vm.state.get_storage(here, slot) for slot in (0, 1, 31, 32)]
    vm.state.revert(snapshot)
    vm.state.lock_changes()
    stack = done._stack.pop_ints(len(done._stack.values)) if done._stack.values else ()
    return type(getattr(done, "_error", None)), done.get_gas_used(), done.output, stack, stored


@settings(max_examples=150)
@given(start=st.lists(words, max_size=6), body=bodies, gas=st.integers(0, 60_000))
def test_any_code_does_the_same_on_both_machines(machines, start, body, gas):
    code = b"".join(bytes([PUSH32]) + word.to_bytes(32, "big") for word in start) + b"".join(body)
    lean, stock = machines
    assert run(lean, code, gas) == run(stock, code, gas)


@pytest.mark.parametrize("opcode", [*LEAN, JUMP, 0x57, 0x80, 0x8F, 0x90, 0x9F, PUSH1, PUSH32])
@pytest.mark.parametrize("depth", [0, 1, 2, 17, 1023, 1024])
def test_each_lean_instruction_keeps_to_the_limits_of_the_stack(machines, opcode, depth):
    code = bytes([PUSH1, 9]) * depth + bytes([opcode, 7])
    lean, stock = machines
    assert run(lean, code, 50_000) == run(stock, code, 50_000)


def test_a_jump_into_the_data_of_a_push_fails_again_and_again(machines):
    lean, stock = machines
    hidden = bytes([PUSH1, 4, JUMP, PUSH1, JUMPDEST])
    for _ in range(2):
        assert run(lean, hidden, 1_000) == run(stock, hidden, 1_000)
        assert run(lean, hidden, 1_000)[1] == 1_000


def test_a_stock_chain_imports_every_block(people, deploy):
    chain = open_chain(ChainConfig(), dict.fromkeys(people, 10**19))
    board = deploy(chain, people[0])
    for person in people:
        chain.submit(Transaction(person, people[0].address, b"", value_wei=5, gas=21_000))
        chain.submit(Transaction(person, board.address, b"\xff" * 4, gas=60_000))
    chain.mine(chain.timestamp + 12)
    played = chain.backend.chain
    fresh = open_chain(ChainConfig(), dict.fromkeys(people, 10**19)).backend.chain
    stock = type(fresh).configure(vm_configuration=((0, CancunVM),))(fresh.chaindb.db, fresh.header)
    stock.chain_id = fresh.chain_id
    for number in (1, 2):
        block = played.get_canonical_block_by_number(number)
        assert stock.import_block(block).imported_block.hash == block.hash
        assert type(stock.get_vm(block.header)) is CancunVM
