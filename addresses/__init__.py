"""Names of hosts and accounts, and web addresses: the one place that parses and normalizes them."""
