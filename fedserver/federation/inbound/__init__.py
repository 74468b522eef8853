"""Activities of peers: one file a verb, each with `prepare` (before the transaction) and `apply` (in it)."""
