"""Pages about blocks, mutes, notes, lists and follow requests."""
