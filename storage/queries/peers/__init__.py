"""Statements about other nodes: decisions, lists, partners, relays, severances."""
