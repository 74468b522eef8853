"""Rules about accounts, profiles and keys."""
