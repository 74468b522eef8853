"""Views to Mastodon entities: pure functions, one file an entity."""
