"""HTML pages, which work with and without JavaScript."""
