"""The Mastodon-compatible client API: one file a resource, all named here."""
