"""Endpoints of the client API about moving, exports and imports."""
