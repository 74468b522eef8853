"""Images that tests upload."""

from __future__ import annotations

import io

from PIL import Image


def make_picture(color: str = "teal") -> bytes:
    """Return a small PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "PNG")
    return out.getvalue()
