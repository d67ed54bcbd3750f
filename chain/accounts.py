"""Key pairs for the people of a simulation, derived from the run's seed."""

import hmac

from ..errors import InputError
from ..seeds import derive_bytes
from .types import Account


def derive_account(seed: int, name: str, secret: bytes = b"") -> Account:
    """Return the account that ``name`` holds in every run with this seed.

    Without a secret the key is a public function of two guessable arguments: whoever reads the
    scenario owns it. It is for simulated chains only and must never hold ether of value.

    Args:
        seed: The run's seed.
        name: Who holds the account, unique in a run, such as ``contributor-1``.
        secret: What nobody else knows, on a chain that others can reach.

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
    drawn = derive_bytes(seed, "simulation-key", name)
    digest = int.from_bytes(hmac.digest(secret, drawn, "sha256") if secret else drawn, "big")
    key = (digest % (SECPK1_N - 1) + 1).to_bytes(32, "big")
    return Account(name, PrivateKey(key).public_key.to_checksum_address(), key)
