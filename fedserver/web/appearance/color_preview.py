"""A picture of pages in a colour, light and dark, and how well its texts can be read."""

from __future__ import annotations

from markupsafe import escape
from msgspec import Struct

from fedserver.web.appearance.palette import Palette, build_dark, build_light, compute_contrast

PANEL_WIDTH, HEIGHT = 320, 190


class Contrast(Struct, frozen=True):
    """The contrast ratios of a theme (WCAG 2.2, 1.4.3): 4.5 is enough, 7 is more than enough."""

    theme: str  # light or dark
    text: str
    link: str
    button: str


def describe_contrasts(hue: int) -> list[Contrast]:
    """Return the contrasts of both themes of a hue, each of the worst background."""
    return [_describe("light", build_light(hue)), _describe("dark", build_dark(hue))]


def _describe(theme: str, palette: Palette) -> Contrast:
    return Contrast(
        theme,
        _format(min(compute_contrast(palette.ink, ground) for ground in palette.grounds)),
        _format(min(compute_contrast(palette.accent, ground) for ground in palette.grounds)),
        _format(compute_contrast(palette.on_accent, palette.accent)),
    )


def _format(ratio: float) -> str:
    # Downwards, so that none looks better than it is.
    return f"{int(ratio * 10) / 10}:1"


def render_preview(hue: int, light: str, dark: str, heading: str, text: str, button: str) -> str:
    """Return an SVG with a panel for each theme; the texts are what stands in it."""
    panels = [
        _render_panel(build_light(hue), 0, light, heading, text, button),
        _render_panel(build_dark(hue), PANEL_WIDTH, dark, heading, text, button),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * PANEL_WIDTH} {HEIGHT}" '
        f'width="{2 * PANEL_WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif">'
        f"{''.join(panels)}</svg>"
    )


def _render_panel(palette: Palette, start: int, name: str, heading: str, text: str, button: str) -> str:
    def write(y: int, size: int, fill: str, words: str, x: int = 40, weight: int = 400) -> str:
        return (
            f'<text x="{start + x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{fill}">'
            f"{escape(words)}</text>"
        )

    return "".join(
        [
            f'<rect x="{start}" width="{PANEL_WIDTH}" height="{HEIGHT}" fill="{palette.page.css}"/>',
            f'<rect x="{start + 20}" y="20" width="{PANEL_WIDTH - 40}" height="{HEIGHT - 40}" rx="12" '
            f'fill="{palette.surface.css}" stroke="{palette.line.css}"/>',
            write(46, 12, palette.faint.css, name),
            write(76, 20, palette.ink.css, heading, weight=700),
            write(102, 15, palette.accent.css, text),
            f'<rect x="{start + 40}" y="118" width="120" height="36" rx="10" fill="{palette.accent.css}"/>',
            f'<text x="{start + 100}" y="141" font-size="14" font-weight="600" text-anchor="middle" '
            f'fill="{palette.on_accent.css}">{escape(button)}</text>',
            f'<circle cx="{start + 200}" cy="136" r="9" fill="{palette.good.css}"/>',
            f'<circle cx="{start + 230}" cy="136" r="9" fill="{palette.warn.css}"/>',
            f'<circle cx="{start + 260}" cy="136" r="9" fill="{palette.bad.css}"/>',
        ]
    )
