"""Mastodon's entities: pure functions from views of the domain to structs, one file an entity."""
