"""Entities that only moderators see (docs.joinmastodon.org/entities, Admin::…)."""
