"""Statements about follows, blocks, mutes and lists."""
