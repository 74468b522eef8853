"""The console pages about how the node is doing."""
