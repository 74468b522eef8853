"""Statements about figures about the node."""
