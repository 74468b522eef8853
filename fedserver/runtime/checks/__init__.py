"""The checks of a node and its surroundings, for `fedserver check` and for the console."""
