"""Key pairs for the people of a simulation, derived from the run's seed."""

from ..errors import InputError
from ..seeds import derive_bytes
from .types import Account


def derive_account(seed: int, name: str) -> Account:
    """Return the account that ``name`` holds in every run with this seed.

    The key is a public function of two guessable arguments: whoever reads the scenario owns it. It
    is for simulated chains only and must never hold ether of value.

    Args:
        seed: The run's seed.
        name: Who holds the account, unique in a run, such as ``contributor-1``.

    Returns:
        An account whose private key lies in the range 1 to n - 1 of secp256k1 (SEC 2, section 2.4.1).

    Raises:
        InputError: If the name is empty.
    """
    # Imported here because they cost half a second, which whoever only reads a scenario need not pay.
    from eth_keys.constants import SECPK1_N
    from eth_keys.datatypes import PrivateKey

    if not name:
        raise InputError("account name", name, "give a name that is unique in the run")
    digest = int.from_bytes(derive_bytes(seed, "simulation-key", name), "big")
    key = (digest % (SECPK1_N - 1) + 1).to_bytes(32, "big")
    return Account(name, PrivateKey(key).public_key.to_checksum_address(), key)
