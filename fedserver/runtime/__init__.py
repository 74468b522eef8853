"""What one process of a node holds: services, metrics, and the way of uploaded files into the store."""
