"""Statements about sign-ups."""
