"""Schemes by which images are dealt out: each is a file with one method, ``deal``."""

from .dirichlet import Dirichlet
from .iid import IID
from .labels import Labels
from .pool import Pool, Scheme
from .quantity import Quantity
from .shards import Shards

__all__ = ["IID", "Dirichlet", "Labels", "Pool", "Quantity", "Scheme", "Shards"]
