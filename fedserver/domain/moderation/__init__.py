"""Rules about reports, moderation and appeals."""
