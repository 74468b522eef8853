"""What peers tell us: one file a verb."""
