"""Statements about moving, exports and imports."""
