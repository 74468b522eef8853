"""Services of others that a node talks to: mail, log-in providers, push services, translators."""
