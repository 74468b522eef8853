"""Statements about accounts, profiles and keys."""
