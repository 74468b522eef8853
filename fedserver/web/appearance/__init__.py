"""How pages look: colours, the stylesheet, faces and icons, and what is said about a post."""
