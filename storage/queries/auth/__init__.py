"""Statements about members, log-in, sessions, tokens and apps."""
