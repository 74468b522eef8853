"""Accounts without a picture: initials on a colour of their own."""

from __future__ import annotations

import pytest

from fedserver.web.appearance.faces import find_initials
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Maya Okafor", "MO"),
        ("maya", "m"),
        ("Ana María de la Cruz", "AC"),
        ("Dr. (ret.) Kim", "DK"),
        ("ليلى حداد", "لح"),
        ("李小龍", "李"),
        ("👩\u200d👩\u200d👧 family", "f"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("", "?"),
        ("   ", "?"),
        ("<b>", "<"),
    ],
)
def test_initials_are_what_a_reader_would_say(name: str, initials: str) -> None:
    assert find_initials(name) == initials


async def test_account_without_a_picture_has_its_initials(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    page = (await Visitor(node).open("/@ann")).text
    assert 'class="avatar large face-' in page
    assert ">a</span>" in page
    assert "/static/avatar.png" not in page.partition("<body>")[2]
