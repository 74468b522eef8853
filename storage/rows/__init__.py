"""Frozen rows, one file a noun: what storage hands out. Outside this package they are named from here."""
