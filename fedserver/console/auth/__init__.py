"""The console pages about who can log in, and from where."""
