"""Pages about reports, moderation and appeals."""
