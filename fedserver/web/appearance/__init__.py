"""How pages look: colours, the stylesheet, faces and icons."""
