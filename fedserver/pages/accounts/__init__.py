"""Pages about accounts, profiles and keys."""
