"""The pages of the handbook, and what plays them."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def play():
    """Return the module that plays pages; it lies beside them and belongs to no package."""
    spec = importlib.util.spec_from_file_location("play", ROOT / "docs/play.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["play"] = module
    spec.loader.exec_module(module)
    return module
