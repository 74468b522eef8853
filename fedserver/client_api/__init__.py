"""The Mastodon-compatible client API: one module a resource, all of them listed in `surface`."""
