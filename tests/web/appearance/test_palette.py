"""Colours: every pair of text and ground stands out, for every hue that an owner may choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedserver.web.appearance.palette import (
    Color,
    Palette,
    build_contrast,
    build_dark,
    build_light,
    compute_contrast,
    list_faces,
    render_palette,
)

WHITE, BLACK = Color(0, 0, 100), Color(0, 0, 0)


def test_contrast_is_that_of_wcag() -> None:
    assert compute_contrast(WHITE, BLACK) == compute_contrast(BLACK, WHITE) == pytest.approx(21)
    assert compute_contrast(WHITE, WHITE) == 1
    # The example that WebAIM and W3C give for the least grey on white.
    assert compute_contrast(WHITE, Color(0, 0, 46.27)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("hue", range(0, 360, 15))
@pytest.mark.parametrize("build", [build_light, build_dark, build_contrast])
def test_text_stands_out_from_everything_that_it_stands_on(
    build: Callable[[float], Palette], hue: int
) -> None:
    palette = build(hue)
    for ground in palette.grounds:
        assert compute_contrast(palette.ink, ground) >= 7, ground
        for text in (palette.faint, palette.accent, palette.good, palette.warn, palette.bad):
            assert compute_contrast(text, ground) >= 4.5, (text, ground)
        assert compute_contrast(palette.focus, ground) >= 3, ground
    for ground in (palette.page, palette.surface):
        assert compute_contrast(palette.edge, ground) >= 3, ground
    assert compute_contrast(palette.on_accent, palette.accent) >= 4.5
    assert palette.surface.css != palette.page.css


@pytest.mark.parametrize("hue", range(0, 360, 15))
def test_high_contrast_holds_for_every_text(hue: int) -> None:
    palette = build_contrast(hue)
    texts = (palette.ink, palette.faint, palette.accent, palette.good, palette.warn, palette.bad)
    for ground in palette.grounds:
        assert min(compute_contrast(text, ground) for text in texts) >= 7, ground
        assert min(compute_contrast(line, ground) for line in (palette.edge, palette.focus)) >= 4.5, ground
    assert compute_contrast(palette.on_accent, palette.accent) >= 7


def test_initials_stand_out_from_each_face() -> None:
    faces = list_faces()
    assert len({face.css for face in faces}) == len(faces) == 24
    assert min(compute_contrast(WHITE, face) for face in faces) >= 4.5


def test_all_themes_have_the_same_roles() -> None:
    css = render_palette(205)
    light, device = css.split("}", 1)[0], css.partition("@media")[2]
    chosen = css.partition("[data-theme=dark]{")[2].partition("}")[0]
    contrast = css.partition("[data-theme=contrast]{")[2]
    names = [part.partition(":")[0].strip("{ ") for part in light.partition("light;")[2].split(";") if part]
    assert len(names) == 14
    for name in names:
        assert f"{name}:#" in device
        assert f"{name}:#" in chosen
        assert f"{name}:#" in contrast
