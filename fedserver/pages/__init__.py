"""HTML pages for people, with and without JavaScript: one file a noun, all named here."""
