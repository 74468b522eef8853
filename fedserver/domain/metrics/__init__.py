"""Rules about figures about the node."""
