"""What addresses are called."""


class Names(dict[str, str]):
    """Names by address; a stranger who takes part on the same chain is called by her address."""

    def __missing__(self, address: str) -> str:
        """Return the address itself."""
        return address
