from hypothesis import given
from hypothesis import strategies as st

from verifuse.chain import Account, Transaction
from verifuse.chain.mempool import Mempool, Pending

SENDERS = [Account(name, name, b"") for name in "abc"]
SUBMISSIONS = st.lists(st.tuples(st.sampled_from(SENDERS), st.integers(1, 4)), max_size=25)


def filled(submissions) -> Mempool:
    mempool = Mempool()
    for sender, price in submissions:
        mempool.add(Transaction(sender, None, b"", value_wei=3, gas=100), None, price, price)
    return mempool


def take(mempool: Mempool, least: int = 0) -> list[Pending]:
    taken = list(mempool.best_first(0, lambda pending: pending.max_fee_wei >= least))
    mempool.remove(taken)
    return taken


@given(SUBMISSIONS)
def test_each_step_takes_the_dearest_then_earliest_that_its_sender_may_send(submissions):
    taken = take(filled(submissions))
    assert sorted(pending.arrival for pending in taken) == list(range(len(submissions)))
    while taken:
        firsts = [[p for p in taken if p.transaction.sender == s][:1] for s in SENDERS]
        best = min((first[0] for first in firsts if first), key=lambda p: (-p.tip_wei(0), p.arrival))
        assert taken.pop(0) == best


@given(SUBMISSIONS)
def test_nonces_of_a_sender_leave_in_order_without_gaps(submissions):
    taken = take(filled(submissions))
    for sender in SENDERS:
        nonces = [pending.nonce for pending in taken if pending.transaction.sender == sender]
        assert nonces == list(range(len(nonces)))


@given(SUBMISSIONS, st.integers(1, 4))
def test_what_does_not_fit_waits_and_is_owed_for(submissions, least):
    mempool = filled(submissions)
    taken = take(mempool, least)
    assert all(pending.max_fee_wei >= least for pending in taken)
    assert len(mempool.waiting()) == len(submissions) - len(taken)
    for sender in SENDERS:
        ours = [price for who, price in submissions if who == sender]
        gone = sum(pending.transaction.sender == sender for pending in taken)
        assert mempool.owed_wei(sender.address) == sum(3 + 100 * price for price in ours[gone:])
        assert mempool.next_nonce(sender.address) == len(ours)
    rest = take(mempool)
    assert len(taken) + len(rest) == len(submissions)
    assert mempool.waiting() == []


@given(SUBMISSIONS)
def test_waiting_transactions_are_shown_in_order_of_arrival(submissions):
    assert [transaction.sender for transaction in filled(submissions).waiting()] == [
        s for s, _ in submissions
    ]


@given(SUBMISSIONS)
def test_nothing_is_lost_when_a_block_is_given_up_halfway(submissions):
    mempool = filled(submissions)
    next(mempool.best_first(0, lambda _: True), None)
    assert len(mempool.waiting()) == len(submissions)
    assert len(take(mempool)) == len(submissions)
