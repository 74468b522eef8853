"""Statements about reading: who may see what, views of posts, timelines, search."""
