"""Backups of the database: how they are made, read to the end, and put in the place of what is there."""
