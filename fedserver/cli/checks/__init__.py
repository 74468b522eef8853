"""The checks of `fedserver check`."""
