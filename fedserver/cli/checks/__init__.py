"""The command `fedserver check`."""
