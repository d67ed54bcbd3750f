"""Accounts that misbehave when they are paid."""

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from verifuse.contracts import NothingToWithdraw, WithdrawFailed


def test_a_payee_who_refuses_harms_nobody_else(world):
    account = world.hostile(mood=1, credit=1_000)
    model_id, _ = world.seated(escrow=1_030_500)
    world.vote(model_id, [9_000] * 3)
    refusal = world.refusal("withdraw_for", "stranger", account=account)
    assert refusal == WithdrawFailed(account, 1_000)
    assert world.market.credit(account) == 1_000
    world.must("withdraw_for", "stranger", account=world["carol"].address)
    world.send(account, "setMood(uint8)", ["uint8"], [0])
    world.must("withdraw_for", "stranger", account=account)
    assert world.chain.balance(account) == 1_000


def test_a_payee_who_re_enters_gets_her_credit_once(world):
    account = world.hostile(mood=2, credit=1_000)
    world.post(escrow=5_000_000)
    world.must("withdraw_for", "stranger", account=account)
    assert world.chain.balance(account) == 1_000
    refused = world.chain.call(account, keccak(text="refusedReentries()")[:4])
    assert decode(["uint256"], refused) == (1,)
    again = world.refusal("withdraw_for", "stranger", account=account)
    assert again == NothingToWithdraw(account)
