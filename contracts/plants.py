"""Planted tests: models whose fitness somebody knows before a panel measures it.

The initiator puts a root over her plants into a task's terms (``TaskTerms.plant_root``), announces them from
other accounts like anybody's models, and shows one with its proof when it is settled
(``TaskMarket.reveal_plant``). The root tells nothing of the plants, not even how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from ..errors import InputError
from .structs import encode_cid


@dataclass(frozen=True)
class Plant:
    """A model and the fitness that an honest panel measures for it.

    Attributes:
        cid: Under which it will be announced.
        fitness_bps: Its fitness in basis points, 0 to 10,000.
        salt: 32 bytes that nobody can guess; without them the few possible values could be tried.
    """

    cid: str
    fitness_bps: int
    salt: bytes

    def __post_init__(self) -> None:
        if type(self.fitness_bps) is not int or not 0 <= self.fitness_bps <= 10_000:
            raise InputError("fitness_bps", self.fitness_bps, "a whole number of basis points, 0 to 10000")
        if not isinstance(self.salt, bytes) or len(self.salt) != 32:
            raise InputError("salt", self.salt, "32 bytes")
        encode_cid("cid", self.cid)

    @property
    def leaf(self) -> bytes:
        """keccak256 of CID digest, fitness and salt: 96 bytes, so that no inner node passes for a leaf."""
        values = (keccak(encode_cid("cid", self.cid)), self.fitness_bps, self.salt)
        return keccak(encode(("bytes32", "uint256", "bytes32"), values))


@dataclass(frozen=True)
class PlantTree:
    """A Merkle tree over plants; pairs are hashed in ascending order, a node without a partner moves up.

    Attributes:
        plants: Its leaves, at least one.
    """

    plants: tuple[Plant, ...]

    def __post_init__(self) -> None:
        if not self.plants:
            raise InputError("plants", self.plants, "at least one plant")

    @cached_property
    def _levels(self) -> tuple[tuple[bytes, ...], ...]:
        levels = [tuple(plant.leaf for plant in self.plants)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append(tuple(_parent(below[place : place + 2]) for place in range(0, len(below), 2)))
        return tuple(levels)

    @property
    def root(self) -> bytes:
        """What a task's terms hold."""
        return self._levels[-1][0]

    def proof(self, plant: Plant) -> tuple[bytes, ...]:
        """Return the siblings from a plant's leaf to the root.

        Raises:
            InputError: The plant is none of the tree's.
        """
        if plant not in self.plants:
            raise InputError("plant", plant.cid, "one of the tree's plants")
        place, siblings = self.plants.index(plant), []
        for level in self._levels[:-1]:
            if place ^ 1 < len(level):
                siblings.append(level[place ^ 1])
            place //= 2
        return tuple(siblings)


def _parent(pair: Sequence[bytes]) -> bytes:
    return pair[0] if len(pair) == 1 else keccak(b"".join(sorted(pair)))
