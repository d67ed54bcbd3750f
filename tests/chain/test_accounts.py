import pytest
from eth_account import Account as EthAccount
from hypothesis import given
from hypothesis import strategies as st

from verifuse.chain import derive_account
from verifuse.errors import InputError


@given(st.integers(0, 2**31 - 1), st.text(min_size=1, max_size=20))
def test_address_is_the_one_of_the_key(seed, name):
    account = derive_account(seed, name)
    assert account == derive_account(seed, name)
    assert account.address == EthAccount.from_key(account.private_key).address


def test_every_seed_and_name_has_its_own_key():
    accounts = {derive_account(seed, name) for seed in range(5) for name in ("a", "b", "a1")}
    assert len({account.private_key for account in accounts}) == 15


def test_key_reaches_no_log():
    account = derive_account(0, "alice")
    assert account.private_key.hex() not in repr(account)
    assert repr(account.private_key) not in repr(account)


def test_somebody_without_a_name_holds_nothing():
    with pytest.raises(InputError, match="account name"):
        derive_account(0, "")
