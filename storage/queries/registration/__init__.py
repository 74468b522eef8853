"""Statements about joining the node."""
