"""Who may use what, at the door of every endpoint."""
