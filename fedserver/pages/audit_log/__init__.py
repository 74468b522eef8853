"""Pages of the public, hash-linked moderation log."""
