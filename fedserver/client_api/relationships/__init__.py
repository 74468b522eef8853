"""Endpoints of the client API about follows, blocks, mutes and lists."""
