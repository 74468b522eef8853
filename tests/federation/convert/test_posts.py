"""Objects of peers become posts."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.errors import AuthorityError
from activitypub.objects import read_object
from fedserver.domain.posts.remote_content import RemotePost
from fedserver.federation.convert.posts import to_remote_post
from tests.kit.peers import PUBLIC

BOB = "https://beta.test/users/bob"
FOLLOWERS = f"{BOB}/followers"


def convert(include_files: bool = True, **properties: Any) -> RemotePost:
    document = {
        "type": "Note",
        "id": f"{BOB}/1",
        "attributedTo": BOB,
        "content": "<p>Hello</p>",
        **properties,
    }
    return to_remote_post(read_object(document), "{}", FOLLOWERS, include_files=include_files)


def test_post_attributed_to_another_origin_is_refused() -> None:
    with pytest.raises(AuthorityError):
        convert(attributedTo="https://evil.test/users/eve")


def test_post_of_a_channel_belongs_to_the_first_author_of_its_origin() -> None:
    authors = ["https://evil.test/users/eve", BOB, "https://beta.test/channels/films"]
    assert convert(attributedTo=authors).author_uri == BOB


def test_post_with_a_page_of_another_origin_is_linked_by_its_id() -> None:
    assert convert(url="https://evil.test/page").url == f"{BOB}/1"
    assert convert(url="https://beta.test/@bob/1").url == "https://beta.test/@bob/1"


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([PUBLIC], [FOLLOWERS], "public"),
        ([FOLLOWERS], [PUBLIC], "unlisted"),
        ([FOLLOWERS], [], "followers"),
        (["https://alpha.test/users/ann"], [], "direct"),
    ],
)
def test_post_has_the_visibility_that_its_addresses_say(to: list[str], cc: list[str], expected: str) -> None:
    assert convert(to=to, cc=cc).visibility == expected


def test_post_without_files_loses_attachments_and_emoji() -> None:
    image = {"type": "Image", "mediaType": "image/png", "url": "https://beta.test/a.png"}
    emoji = {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://beta.test/e.png"}}
    with_files = convert(attachment=[image], tag=[emoji])
    without_files = convert(include_files=False, attachment=[image], tag=[emoji])
    assert [file.kind for file in with_files.files] == ["image"]
    assert "blob" in with_files.emojis
    assert without_files.files == ()
    assert without_files.emojis == "[]"


def test_post_policy_with_an_unknown_audience_is_unsupported() -> None:
    policy = {"canQuote": {"automaticApproval": [FOLLOWERS, "https://evil.test/circle"]}}
    text = convert(interactionPolicy=policy).interaction_policy
    assert "followers" in text
    assert "unsupported_policy" in text


def test_event_shows_when_and_where_and_escapes_the_place() -> None:
    html = convert(
        type="Event",
        startTime="2026-05-01T18:30:00Z",
        location={"type": "Place", "name": "<b>Town hall</b>"},
    ).html_before
    assert "2026-05-01 18:30 UTC" in html
    assert "&lt;b&gt;Town hall" in html


@pytest.mark.parametrize(
    ("document", "links"),
    [
        ({"type": "Page", "url": "https://films.test/1"}, ("https://films.test/1",)),
        ({"type": "Page", "url": [f"{BOB}/page", "https://films.test/1"]}, ("https://films.test/1",)),
        ({"type": "Page", "url": f"{BOB}/page"}, ()),
        ({"content": "", "url": "https://films.test/1"}, ("https://films.test/1",)),
        # The page of a note may be on another host than its id.
        ({"url": "https://www.beta.test/@bob/1"}, ()),
        ({"type": "Page", "url": "javascript:alert(1)"}, ()),
        ({"attachment": [{"type": "Page", "url": "https://films.test/1"}]}, ("https://films.test/1",)),
        ({"attachment": {"type": "Link", "href": "https://films.test/1"}}, ("https://films.test/1",)),
        (
            {"attachment": {"type": "Document", "mediaType": "text/html", "url": "https://films.test/1"}},
            ("https://films.test/1",),
        ),
    ],
)
def test_page_that_a_post_is_about_is_its_link(document: dict[str, Any], links: tuple[str, ...]) -> None:
    post = convert(**document)
    assert post.links == links
    assert post.files == ()
    assert post.url.startswith("https://beta.test/")


def test_video_without_words_is_no_link_post() -> None:
    film = [{"type": "Link", "mediaType": "video/mp4", "href": "https://files.test/1.mp4"}]
    assert convert(type="Video", content="", url=film).links == ()
