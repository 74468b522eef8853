"""`fedserver settings`: the settings in the database, for scripts."""
