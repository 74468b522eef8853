"""Who wrote an article together with its author."""
