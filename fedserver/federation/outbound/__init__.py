"""What we tell peers: rows to documents, pure, one file a noun."""
