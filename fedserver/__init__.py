"""A community server that its members own."""
