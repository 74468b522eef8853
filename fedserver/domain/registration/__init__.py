"""Rules about joining the node."""
