"""Statements about what everything else builds on."""
