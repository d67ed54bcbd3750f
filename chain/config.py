"""Which chain a market runs on, and at what price."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..units import Wei

MIN_GAS_PRICE_WEI = 8
"""Below 8 wei an EIP-1559 base fee no longer falls, so a cheaper transaction could wait for ever."""


class ChainConfig(BaseModel):
    """The settings of a chain; every market of a study should share them.

    Attributes:
        name: The backend; ``tester`` is py-evm inside this process.
        chain_id: EIP-155 chain identity, part of every signature.
        slot_seconds: Seconds from one block to the next (12 on Ethereum since the Merge).
        genesis_time: Unix timestamp of block 0; simulated second 0 of a market.
        gas_price: What a transaction pays per gas unless it names its own price.
        block_gas_limit: Most gas that one block may use; what does not fit waits for the next block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1)] = "tester"
    chain_id: Annotated[int, Field(ge=1, lt=2**53)] = 1337
    slot_seconds: Annotated[int, Field(ge=1, le=86_400)] = 12
    genesis_time: Annotated[int, Field(ge=1, lt=2**40)] = 1_700_000_000
    gas_price: Annotated[Wei, Field(ge=MIN_GAS_PRICE_WEI, le=10**18)] = 10 * 10**9
    block_gas_limit: Annotated[int, Field(ge=1_000_000, le=10**12)] = 30_000_000
