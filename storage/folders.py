"""Where results that can be had again are kept between runs."""

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """Return the cache folder: ``VERIFUSE_CACHE`` if set, else the user's cache folder."""
    chosen = os.environ.get("VERIFUSE_CACHE")
    return Path(chosen) if chosen else user_cache_path("verifuse", appauthor=False)
