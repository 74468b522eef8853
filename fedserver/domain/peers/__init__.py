"""Rules about other nodes: policies, partners, relays."""
