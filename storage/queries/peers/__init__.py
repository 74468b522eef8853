"""Statements about other nodes: policies, partners, relays."""
