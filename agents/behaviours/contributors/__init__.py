"""Behaviours of computing contributors, one file each, chosen by the file's name."""

from .honest import Honest

__all__ = ["Honest"]
