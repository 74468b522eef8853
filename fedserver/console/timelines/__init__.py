"""The console pages about what timelines show."""
