"""Endpoints of the client API about members, log-in, sessions, tokens and apps."""
