"""Which chain a market runs on, and at what price."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..units import Wei

MIN_GAS_PRICE_WEI = 8
"""Below 8 wei an EIP-1559 base fee no longer falls, so a cheaper transaction could wait for ever."""


class ChainConfig(BaseModel):
    """The settings of a chain; every market of a study should share them.

    Attributes:
        name: ``tester`` is py-evm inside this process, ``anvil`` a node started for the run; else the
            URL or the socket of a node that runs already.
        chain_id: EIP-155 chain identity, part of every signature; a running node has its own.
        slot_seconds: Seconds from one block to the next (12 on Ethereum since the Merge).
        genesis_time: Unix timestamp of block 0; simulated second 0 of a market.
        gas_price: What a transaction pays per gas unless it names its own price.
        patience: Seconds that a node may take to answer, or to put what it was sent into a block.
        clock: Whose clock rules on a node that runs already: the ``market``'s, if the node seals blocks
            when told, or the ``node``'s own, on which a simulated second takes a second; by default the
            market's where the node can be told.
        allow_public: Whether a running node may belong to a chain that strangers use, where ether is money.
        block_gas_limit: Most gas that one block may use; what does not fit waits for the next block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1)] = "tester"
    chain_id: Annotated[int, Field(ge=1, lt=2**53)] = 1337
    slot_seconds: Annotated[int, Field(ge=1, le=86_400)] = 12
    genesis_time: Annotated[int, Field(ge=1, lt=2**39)] = 1_700_000_000
    gas_price: Annotated[Wei, Field(ge=MIN_GAS_PRICE_WEI, le=10**18)] = 10 * 10**9
    patience: Annotated[float, Field(gt=0, le=86_400)] = 120.0
    clock: Literal["market", "node"] | None = None
    allow_public: bool = False
    block_gas_limit: Annotated[int, Field(ge=1_000_000, le=10**12)] = 30_000_000

    @property
    def is_running_node(self) -> bool:
        """Whether it is a node that runs already and outlives the market."""
        return self.name not in ("tester", "anvil")
