"""Rules about writing: posts, edits, polls, quotes, likes and boosts."""
