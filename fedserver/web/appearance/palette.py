"""The colours of pages: roles in two themes, derived from one hue of the node.

The lightness of the accent is computed for each hue, as a fixed one is too faint for some: text in it has to
stand out from every surface, and its own label from it (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

from msgspec import Struct

MIN_CONTRAST, MIN_INK_CONTRAST = 4.5, 7.0  # WCAG 2.2: level AA for all text; AAA (1.4.6) for what one reads
GOOD_HUE, WARN_HUE, BAD_HUE = 150, 28, 355
FACES = 24  # colours behind initials, around the circle


class Color(Struct, frozen=True):
    """A colour: the hue in degrees, saturation and lightness in percent."""

    hue: float
    saturation: float
    lightness: float

    @property
    def css(self) -> str:
        """The colour as style sheets take it, as six hexadecimal digits."""
        return "#" + "".join(f"{round(part * 255):02x}" for part in self._rgb())

    def _rgb(self) -> tuple[float, float, float]:
        return colorsys.hls_to_rgb(self.hue % 360 / 360, self.lightness / 100, self.saturation / 100)

    @property
    def luminance(self) -> float:
        """The relative luminance, 0 to 1 (WCAG 2.2, definition)."""
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in self._rgb()
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def compute_contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition)."""
    darker, lighter = sorted((first.luminance, second.luminance))
    return (lighter + 0.05) / (darker + 0.05)


class Palette(Struct, frozen=True):
    """The colours of one theme by role.

    Surfaces lie on the page; `soft` is behind what is chosen; `ink` and `faint` are text, `faint` less
    important; the others say what something means, and each has a `on_` colour for its label.
    """

    page: Color
    surface: Color
    raised: Color
    soft: Color
    line: Color
    edge: Color
    ink: Color
    faint: Color
    accent: Color
    on_accent: Color
    good: Color
    warn: Color
    bad: Color
    focus: Color

    @property
    def grounds(self) -> tuple[Color, ...]:
        """What text stands on."""
        return self.page, self.surface, self.raised, self.soft


def _darken(hue: float, saturation: float, start: float, grounds: tuple[Color, ...], least: float) -> Color:
    return _find(hue, saturation, (start - step for step in range(int(start))), grounds, least)


def _lighten(hue: float, saturation: float, start: float, grounds: tuple[Color, ...], least: float) -> Color:
    return _find(hue, saturation, (start + step for step in range(int(100 - start))), grounds, least)


def _find(
    hue: float, saturation: float, lightnesses: Iterator[float], grounds: tuple[Color, ...], least: float
) -> Color:
    """Return the first colour that stands out from all of the grounds."""
    for lightness in lightnesses:
        color = Color(hue, saturation, lightness)
        if all(compute_contrast(color, ground) >= least for ground in grounds):
            return color
    raise AssertionError(f"no lightness for hue {hue}")


def build_light(hue: float) -> Palette:
    """Return the light theme of a hue in degrees."""
    page, surface = Color(hue, 22, 95), Color(hue, 0, 100)
    soft = Color(hue, 60, 93)
    grounds = (page, surface, soft)
    return Palette(
        page=page,
        surface=surface,
        raised=surface,
        soft=soft,
        line=Color(hue, 16, 86),
        # The border of a field is what shows that there is one (WCAG 2.2, 1.4.11).
        edge=_darken(hue, 12, 60, (page, surface), 3.0),
        ink=_darken(hue, 25, 12, grounds, MIN_INK_CONTRAST),
        faint=_darken(hue, 12, 36, grounds, MIN_CONTRAST),
        accent=_darken(hue, 78, 34, grounds, MIN_CONTRAST),
        on_accent=surface,
        good=_darken(GOOD_HUE, 60, 27, grounds, MIN_CONTRAST),
        warn=_darken(WARN_HUE, 85, 34, grounds, MIN_CONTRAST),
        bad=_darken(BAD_HUE, 65, 41, grounds, MIN_CONTRAST),
        focus=_darken(hue, 90, 42, grounds, 3.0),
    )


def build_dark(hue: float) -> Palette:
    """Return the dark theme of a hue in degrees."""
    page, surface, raised = Color(hue, 18, 8), Color(hue, 15, 12), Color(hue, 14, 15)
    soft = Color(hue, 35, 20)
    grounds = (page, surface, raised, soft)
    return Palette(
        page=page,
        surface=surface,
        raised=raised,
        soft=soft,
        line=Color(hue, 12, 24),
        edge=_lighten(hue, 10, 40, (page, surface, raised), 3.0),
        ink=_lighten(hue, 20, 93, grounds, MIN_INK_CONTRAST),
        faint=_lighten(hue, 12, 72, grounds, MIN_CONTRAST),
        accent=_lighten(hue, 75, 70, grounds, MIN_CONTRAST),
        on_accent=Color(hue, 40, 10),
        good=_lighten(GOOD_HUE, 45, 65, grounds, MIN_CONTRAST),
        warn=_lighten(WARN_HUE + 6, 80, 68, grounds, MIN_CONTRAST),
        bad=_lighten(BAD_HUE, 75, 74, grounds, MIN_CONTRAST),
        focus=_lighten(hue, 90, 68, grounds, 3.0),
    )


def build_contrast(hue: float) -> Palette:
    """Return the theme with high contrast: text on black, each colour as strong as body text."""
    page, surface, raised, soft = Color(0, 0, 0), Color(0, 0, 2), Color(0, 0, 5), Color(hue, 30, 14)
    grounds = (page, surface, raised, soft)
    return Palette(
        page=page,
        surface=surface,
        raised=raised,
        soft=soft,
        line=Color(hue, 8, 62),
        edge=_lighten(hue, 8, 70, grounds, MIN_CONTRAST),
        ink=Color(0, 0, 100),
        faint=_lighten(hue, 8, 84, grounds, MIN_INK_CONTRAST),
        accent=_lighten(hue, 90, 72, grounds, MIN_INK_CONTRAST),
        on_accent=page,
        good=_lighten(GOOD_HUE, 60, 66, grounds, MIN_INK_CONTRAST),
        warn=_lighten(WARN_HUE + 6, 90, 68, grounds, MIN_INK_CONTRAST),
        bad=_lighten(BAD_HUE, 90, 76, grounds, MIN_INK_CONTRAST),
        focus=_lighten(hue, 100, 72, grounds, MIN_CONTRAST),
    )


def list_faces() -> list[Color]:
    """Return the colours behind initials, dark enough for white letters."""
    white = Color(0, 0, 100)
    return [_darken(hue, 42, 42, (white,), MIN_CONTRAST) for hue in range(0, 360, 360 // FACES)]


def _render_roles(palette: Palette) -> str:
    return "".join(
        f"--{name.replace('_', '-')}:{getattr(palette, name).css};" for name in palette.__struct_fields__
    )


def render_palette(hue: float) -> str:
    """Return the themes as CSS: the one of the device, or the one that the page names."""
    light, dark = _render_roles(build_light(hue)), _render_roles(build_dark(hue))
    contrast = _render_roles(build_contrast(hue))
    faces = "".join(f".face-{number}{{background:{face.css}}}" for number, face in enumerate(list_faces()))
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f":root[data-theme=contrast]{{color-scheme:dark;{contrast}}}\n{faces}\n"
    )
