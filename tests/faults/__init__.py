"""Faults of every kind, at every moment, of every kind of call: see `matrix`."""
