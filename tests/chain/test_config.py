import pytest
from pydantic import ValidationError

from verifuse.chain import ChainConfig, open_chain
from verifuse.errors import InputError


def test_defaults_are_a_local_ethereum():
    config = ChainConfig()
    assert (config.name, config.slot_seconds, config.block_gas_limit) == ("tester", 12, 30_000_000)
    assert config.gas_price == 10 * 10**9


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gas_price", 7),
        ("gas_price", 1.5e9),
        ("gas_price", "10"),
        ("slot_seconds", 0),
        ("slot_seconds", True),
        ("chain_id", 0),
        ("genesis_time", 0),
        ("block_gas_limit", 20_999),
        ("name", ""),
        ("gas_limit", 30_000_000),
    ],
)
def test_impossible_or_unknown_settings_are_refused_by_name(key, value):
    with pytest.raises(ValidationError, match=key):
        ChainConfig(**{key: value})


def test_settings_cannot_change_once_made():
    with pytest.raises(ValidationError, match="frozen"):
        ChainConfig().chain_id = 1


def test_unknown_chain_is_one_line_that_names_the_key():
    with pytest.raises(
        InputError, match=r"^chain\.name: 'mainnet' is not usable; choose 'tester', 'anvil', the URL"
    ):
        open_chain(ChainConfig(name="mainnet"), {})
