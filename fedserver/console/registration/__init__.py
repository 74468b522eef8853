"""The console pages about who can join."""
