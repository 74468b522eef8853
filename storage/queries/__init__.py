"""Statements and what runs them, one file a noun: `queries.posts.find(tx, …)`."""
