"""Pages on which articles are written: the editor, its files, versions and import."""
