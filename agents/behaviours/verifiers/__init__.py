"""Behaviours of verification contributors, one file each, chosen by the file's name."""
