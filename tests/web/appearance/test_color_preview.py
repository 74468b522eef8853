"""The preview of a colour tells the contrasts that pages have in it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from fedserver.web.appearance.color_preview import describe_contrasts, render_preview
from fedserver.web.appearance.palette import build_dark, build_light


def test_contrasts_of_every_hue_are_enough() -> None:
    for hue in range(0, 360, 8):
        for contrast in describe_contrasts(hue):
            assert float(contrast.text.removesuffix(":1")) >= 7
            assert float(contrast.link.removesuffix(":1")) >= 4.5
            assert float(contrast.button.removesuffix(":1")) >= 4.5


def test_preview_shows_both_themes_and_escapes_its_texts() -> None:
    picture = render_preview(200, "Light", "Dark", "<b>", "A & B", "Save")
    texts = [element.text for element in ElementTree.fromstring(picture).iter() if element.text]
    assert texts.count("<b>") == texts.count("A & B") == 2
    assert build_light(200).accent.css in picture
    assert build_dark(200).accent.css in picture
