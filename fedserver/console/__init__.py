"""What moderators see in a browser, with or without JavaScript: one file a subject, all named here."""
