"""The bridge between rows and ActivityPub documents."""
