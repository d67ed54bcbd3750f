"""Behaviours of initiators, one file each, chosen by the file's name."""
