"""Pages about moving, exports and imports."""
