"""Pictures for the demo, drawn when it starts: a sky, a sun or lamp, and hills."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1_200, 675  # pixels
LAYERS = 4


@dataclass(frozen=True)
class DrawnFile:
    """A picture as if a member had chosen it in a form."""

    data: bytes

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.data)

    @property
    def head(self) -> bytes:
        """All of it, as it is small."""
        return self.data

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.write_bytes(self.data)


def draw_hills(hue: int, *, width: int = WIDTH, height: int = HEIGHT) -> DrawnFile:
    """Draw hills in the colours around a hue (degrees); each hue gives hills of its own."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        draw.line((0, y, width, y), fill=_color(hue, 40, 92 - 22 * y // height))
    sun = height // 9
    x, y = width * (20 + hue % 60) // 100, height // 4
    draw.ellipse((x - sun, y - sun, x + sun, y + sun), fill=_color(hue + 180, 70, 82))
    for layer in range(LAYERS):
        base = height * (45 + 14 * layer) // 100
        ridge = [(x, base + _wave(x / width, hue + 97 * layer) * height / 12) for x in range(0, width + 1, 6)]
        fill = _color(hue + 12 * layer, 38, 66 - 13 * layer)
        draw.polygon([(0, height), *ridge, (width, height)], fill=fill)
    output = BytesIO()
    picture.save(output, "PNG")
    return DrawnFile(output.getvalue())


def _color(hue: int, saturation: int, lightness: int) -> str:
    return f"hsl({hue % 360}, {saturation}%, {lightness}%)"


def _wave(place: float, seed: int) -> float:
    return math.sin(place * 5 + seed) + math.sin(place * 11 + seed * 2.3) / 2
