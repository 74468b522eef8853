"""Text: from what a member or a peer wrote to safe HTML, and back to plain words."""
