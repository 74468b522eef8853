"""Pages for reading: timelines, blogs, search."""
