"""Forms that people send in another state of their session than they were opened in."""
