"""Secrets in the database, encrypted with a key in a file."""
