"""Bounds that no operator sets."""

MAX_QUOTA = 2**53 - 1
"""MB. The largest whole number that every JSON client reads exactly."""
