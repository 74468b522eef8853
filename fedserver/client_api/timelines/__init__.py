"""Endpoints of the client API about reading: timelines, filters, search, trends and streams."""
