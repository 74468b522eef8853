"""Jobs about how the node is doing."""
