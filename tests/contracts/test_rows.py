"""What the oracle brings is counted only if a panel member signed exactly that."""

from dataclasses import replace

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifuse.contracts import (
    COPY,
    UNREADABLE,
    Evaluation,
    EvaluationCounted,
    ModelSettled,
    QuorumMissed,
    RowSkipped,
    SignedEvaluation,
    SkipReason,
    evaluation_digest,
    sign_evaluation,
)
from verifuse.errors import InputError

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def flip_s(signature):
    """Return the other signature that the curve accepts for the same digest."""
    s = SECP256K1_N - (int.from_bytes(signature[32:], "big") & (1 << 255) - 1)
    return compact(signature[:32], s, 1 - (signature[32] >> 7))


def compact(r, s, parity):
    return r + (s | parity << 255).to_bytes(32, "big")


def outsider(world, panel):
    return next(name for name in world.verifiers if name not in panel)


BAD_ROWS = {
    "another model": (SkipReason.WRONG_MODEL, lambda w, m, p: w.sign(m, p[0], 9_000, model_id=m + 1)),
    "a stranger": (SkipReason.NO_SEAT, lambda w, m, p: w.sign(m, "stranger", 9_000)),
    "a verifier who was not drawn": (SkipReason.NO_SEAT, lambda w, m, p: w.sign(m, outsider(w, p), 9_000)),
    "another base": (SkipReason.WRONG_BASE, lambda w, m, p: w.sign(m, p[0], 9_000, base_digest=b"\1" * 32)),
    "fitness below every word": (SkipReason.FITNESS_OUT_OF_RANGE, lambda w, m, p: w.sign(m, p[0], -3)),
    "unreadable, and yet measured": (
        SkipReason.REFERENCE_OUT_OF_RANGE,
        lambda w, m, p: w.sign(m, p[0], UNREADABLE, 1),
    ),
    "a copy of nothing": (SkipReason.REFERENCE_OUT_OF_RANGE, lambda w, m, p: w.sign(m, p[0], COPY)),
    "a copy of itself": (SkipReason.REFERENCE_OUT_OF_RANGE, lambda w, m, p: w.sign(m, p[0], COPY, 1)),
    "fitness above 1": (SkipReason.FITNESS_OUT_OF_RANGE, lambda w, m, p: w.sign(m, p[0], 10_001)),
    "extreme fitness": (SkipReason.FITNESS_OUT_OF_RANGE, lambda w, m, p: w.sign(m, p[0], -(2**31))),
    "extreme reference": (
        SkipReason.REFERENCE_OUT_OF_RANGE,
        lambda w, m, p: w.sign(m, p[0], 10_000, -(2**31)),
    ),
    "signed by a colleague": (
        SkipReason.BAD_SIGNATURE,
        lambda w, m, p: w.sign(m, p[0], 9_000, signer=p[1]),
    ),
    "signed for another chain": (
        SkipReason.BAD_SIGNATURE,
        lambda w, m, p: sign_evaluation(
            w[p[0]], w.sign(m, p[0], 9_000).evaluation, chain_id=1, market=w.market.address
        ),
    ),
    "signed for another market": (
        SkipReason.BAD_SIGNATURE,
        lambda w, m, p: sign_evaluation(
            w[p[0]], w.sign(m, p[0], 9_000).evaluation, chain_id=w.chain.chain_id, market=w[p[0]].address
        ),
    ),
}

FORGERIES = {
    "zeros": lambda signature: bytes(64),
    "ones": lambda signature: b"\xff" * 64,
    "high s": flip_s,
    "the other parity": lambda signature: signature[:32] + bytes([signature[32] ^ 0x80]) + signature[33:],
    "a bit of r": lambda signature: bytes([signature[0] ^ 1]) + signature[1:],
    "a bit of s": lambda signature: signature[:63] + bytes([signature[63] ^ 1]),
    "r beyond the field": lambda signature: b"\xff" * 32 + signature[32:],
    "s of zero": lambda signature: signature[:32] + bytes(32),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_skipped_unpaid_and_harms_no_good_one(shared_world, case):
    reason, make = BAD_ROWS[case]
    model_id, panel = shared_world.seated()
    query = shared_world.request(model_id)
    bad = make(shared_world, model_id, panel)
    good = [shared_world.sign(model_id, name, 9_000) for name in panel]
    done = shared_world.deliver(
        query, [bad, *good, bad] if reason is not SkipReason.NO_SEAT else [bad, *good]
    )
    skipped = done.all(RowSkipped)
    assert skipped[0] == RowSkipped(query, model_id, bad.evaluation.verifier, reason)
    assert len(done.all(EvaluationCounted)) == done.the(ModelSettled).reports == 3
    assert shared_world.ledger.credit[shared_world["stranger"].address] == 0


@pytest.mark.parametrize("case", FORGERIES)
def test_a_malformed_signature_is_skipped(shared_world, case):
    model_id, panel = shared_world.seated(quorum=1)
    query = shared_world.request(model_id)
    row = shared_world.sign(model_id, panel[0], 9_000)
    forged = SignedEvaluation(row.evaluation, FORGERIES[case](row.signature))
    done = shared_world.deliver(query, [forged])
    assert done.the(RowSkipped).reason is SkipReason.BAD_SIGNATURE
    assert done.the(QuorumMissed).reports == 0


def test_changing_any_signed_field_breaks_the_signature(world):
    model_id, panel = world.seated(quorum=1)
    query = world.request(model_id)
    row = world.sign(model_id, panel[0], 8_000)
    altered = replace(row, evaluation=replace(row.evaluation, fitness_bps=9_000))
    swapped = replace(row, evaluation=replace(row.evaluation, verifier=world[panel[1]].address))
    done = world.deliver(query, [altered, swapped])
    assert [skip.reason for skip in done.all(RowSkipped)] == [SkipReason.BAD_SIGNATURE] * 2


def test_a_seat_is_counted_and_paid_once_within_and_across_answers(world):
    model_id, panel = world.seated(panel_size=4, quorum=3)
    low, high = world.sign(model_id, panel[0], 0), world.sign(model_id, panel[0], 9_000)
    first = world.deliver(world.request(model_id), [low, low, high])
    assert [skip.reason for skip in first.all(RowSkipped)] == [SkipReason.ALREADY_COUNTED] * 2
    second = world.deliver(world.request(model_id), [high, world.sign(model_id, panel[1], 9_000)])
    assert [skip.reason for skip in second.all(RowSkipped)] == [SkipReason.ALREADY_COUNTED]
    model = world.market.model(model_id)
    assert (model.reports, model.passes) == (2, 1)
    assert world.market.credit(world[panel[0]].address) == 10_000
    assert [seat.counted for seat in world.market.panel(model_id)] == [True, True, False, False]


def typed_data(evaluation, chain_id, market):
    return encode_typed_data(
        domain_data={
            "name": "Verifuse TaskMarket",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": market,
        },
        message_types={
            "Evaluation": [
                {"name": "modelId", "type": "uint256"},
                {"name": "verifier", "type": "address"},
                {"name": "fitnessBps", "type": "int32"},
                {"name": "referenceBps", "type": "int32"},
                {"name": "baseDigest", "type": "bytes32"},
            ]
        },
        message_data={
            "modelId": evaluation.model_id,
            "verifier": evaluation.verifier,
            "fitnessBps": evaluation.fitness_bps,
            "referenceBps": evaluation.reference_bps,
            "baseDigest": evaluation.base_digest,
        },
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    model_id=st.integers(0, 2**256 - 1),
    fitness=st.integers(-(2**31), 2**31 - 1),
    reference=st.integers(-(2**31), 2**31 - 1),
    base=st.binary(min_size=32, max_size=32),
    chain_id=st.integers(1, 2**53),
)
def test_the_digest_and_signature_are_those_of_any_eip_712_wallet(
    world, model_id, fitness, reference, base, chain_id
):
    account, market = world["v0"], world.market.address
    evaluation = Evaluation(model_id, account.address, fitness, reference, base)
    message = typed_data(evaluation, chain_id, market)
    expected = keccak(b"\x19" + message.version + message.header + message.body)
    assert evaluation_digest(evaluation, chain_id=chain_id, market=market) == expected
    signed = sign_evaluation(account, evaluation, chain_id=chain_id, market=market)
    known = EthAccount.sign_message(message, account.private_key)
    assert signed.signature == compact(known.r.to_bytes(32, "big"), known.s, known.v - 27)


def test_the_domain_is_the_contracts(world):
    evaluation = Evaluation(1, world["v0"].address, 0, 0, bytes(32))
    message = typed_data(evaluation, world.chain.chain_id, world.market.address)
    assert message.header == world.market.domain_separator()


def test_a_field_that_does_not_fit_the_abi_is_refused_in_one_line(world):
    evaluation = Evaluation(1, world["v0"].address, 2**31, 0, bytes(32))
    with pytest.raises(InputError) as refusal:
        sign_evaluation(world["v0"], evaluation, chain_id=1, market=world.market.address)
    assert "\n" not in str(refusal.value)
