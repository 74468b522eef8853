"""Pages about joining the node."""
