"""Statements about settings and legal texts."""
