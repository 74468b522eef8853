"""Pages of posts: threads, the composer, polls, likes and boosts."""
