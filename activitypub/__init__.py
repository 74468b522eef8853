"""The ActivityPub protocol, pure: no I/O, no event loop, no database."""
