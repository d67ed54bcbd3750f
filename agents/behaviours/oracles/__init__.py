"""Behaviours of the oracle, one file each, chosen by the file's name."""
