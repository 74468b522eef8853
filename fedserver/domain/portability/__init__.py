"""Rules about moving, exports and imports."""
