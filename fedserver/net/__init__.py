"""The only door to the outside: guarded HTTP requests, signed or plain."""
