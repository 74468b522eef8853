"""Frozen rows, one file a noun: what storage hands out."""
