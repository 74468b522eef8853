"""Pages about other nodes: policies, partners, relays."""
