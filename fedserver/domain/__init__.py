"""The rules of the community; speaks neither HTTP nor ActivityPub."""
