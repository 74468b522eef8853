"""Rules about texts, tags, emoji and media."""
