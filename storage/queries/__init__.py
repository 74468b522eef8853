"""Statements, one file a noun; each is built once, at import."""
