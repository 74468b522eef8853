"""Articles as they are written and read: figures, code in colours, tags, differences of versions, files."""
