"""Rules about follows, blocks, mutes and lists."""
