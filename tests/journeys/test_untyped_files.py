"""Files whose peers leave out the media type are shown, by the node and not by their peers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.conftest import Correspondence
from tests.kit.visitors import log_in_visitor

FILES: list[tuple[Any, str]] = [
    ({"type": "Image", "url": "https://beta.test/p.jpg"}, "image"),
    ({"type": "Image", "url": "https://beta.test/p"}, "image"),
    ({"type": "Image", "href": "https://beta.test/p"}, "image"),
    ({"type": "Image", "mediaType": "image/*", "url": "https://beta.test/p"}, "image"),
    ({"type": "Image", "url": {"type": "Link", "href": "https://beta.test/p"}}, "image"),
    ({"type": ["Document", "Image"], "url": "https://beta.test/p"}, "image"),
    ({"type": "Image", "mediaType": "application/octet-stream", "url": "https://beta.test/p"}, "image"),
    ({"type": "Document", "url": "https://beta.test/c.WEBP?size=1#x"}, "image"),
    ({"type": "Document", "url": "https://beta.test/p", "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj"}, "image"),
    ("https://beta.test/p.png", "image"),
    ({"type": "Video", "url": "https://beta.test/f.mp4"}, "video"),
    ({"type": "Video", "url": "https://beta.test/f"}, "video"),
    ({"type": "Document", "url": "https://beta.test/f.webm"}, "video"),
    ({"type": "Audio", "url": "https://beta.test/s.mp3"}, "audio"),
    ({"type": "Audio", "url": "https://beta.test/s"}, "audio"),
    ({"type": "Document", "mediaType": "audio/mpeg", "url": "https://beta.test/p.jpg"}, "audio"),
]


@pytest.mark.parametrize(("attachment", "kind"), FILES)
async def test_file_without_media_type_is_served_by_the_node(
    mail: Correspondence, attachment: Any, kind: str
) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note(attachment=[attachment]))
    [file] = (await mail.load_status())["media_attachments"]
    assert file["type"] == kind
    assert file["url"].startswith("https://alpha.test/media/proxy/")
    page = await read_page(mail)
    assert "/media/proxy/" in page
    assert 'src="https://beta.test' not in page


@pytest.mark.parametrize(
    "attachment",
    [
        {"type": "Document", "url": "https://beta.test/paper.pdf"},
        {"type": "Image", "mediaType": "application/pdf", "url": "https://beta.test/paper"},
        {"type": "Document", "url": "https://beta.test/p.jpg.exe"},
    ],
)
async def test_file_of_another_kind_is_a_link(mail: Correspondence, attachment: dict[str, Any]) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note(attachment=[attachment]))
    [file] = (await mail.load_status())["media_attachments"]
    assert (file["type"], file["url"], file["preview_url"]) == ("unknown", attachment["url"], None)
    assert f'href="{attachment["url"]}"' in await read_page(mail)


async def read_page(mail: Correspondence) -> str:
    row = await mail.find_post()
    assert row is not None
    visitor = await log_in_visitor(mail.node, "ann")
    return (await visitor.open(f"/@eve@beta.test/{row.id}")).text
