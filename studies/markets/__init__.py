"""Studies of whom markets pay: each runs a sweep of ``scenarios/studies/`` and reads its books."""
