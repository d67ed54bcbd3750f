"""Verifuse: markets in which strangers train a model together without showing their data.

The packages, from the ground up: ``learning``, ``storage`` and ``chain``; ``contracts``; ``agents``;
``scenarios``; ``analysis``. Each imports only from those below it.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("verifuse")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
