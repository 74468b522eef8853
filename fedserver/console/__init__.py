"""The console: HTML pages for moderators and admins, which work with and without JavaScript."""
