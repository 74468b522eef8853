"""Documents of peers become facts that the domain accepts: one file a noun."""
