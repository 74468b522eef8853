"""Pages about texts, tags, emoji and media."""
