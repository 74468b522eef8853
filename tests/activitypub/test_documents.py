"""Documents as real software shapes them, and as nobody should: read rightly, or refused, never a crash."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activitypub import document as read
from activitypub.activities import read_activity
from activitypub.actors import read_actor
from activitypub.addressing import addresses, recipients, visibility
from activitypub.authority import host_of, same_origin
from activitypub.errors import ActivityPubError, AuthorityError, MalformedDocumentError
from activitypub.objects import Object, Option, Question, read_object, write_object
from activitypub.terms import PUBLIC, is_activitypub
from activitypub.webfinger import Handle, parse_handle, parse_resource, read_host_meta, read_jrd
from addresses.handles import normalize_username
from addresses.hashtags import normalize_hashtag
from addresses.hosts import normalize_host, parse_origin

BASE = "https://o.example/users/ann"


def post(**changes: Any) -> Object:
    return read_object({"id": f"{BASE}/1", "type": "Note", "attributedTo": BASE, "to": PUBLIC, **changes})


def test_one_tag_alone_and_a_language_map_as_gotosocial_sends() -> None:
    tag = {"type": "Mention", "href": "https://b.example/users/bob", "name": "@bob@b.example"}
    found = post(content="<p>hi</p>", contentMap={"en": "<p>hi</p>"}, tag=tag)
    assert found.language == "en"
    assert found.mentions[0].href == tag["href"]
    assert found.to == (PUBLIC,)


def test_an_article_with_a_cover_as_wordpress_and_ghost_send() -> None:
    image = {"type": "Image", "url": "https://o.example/c.jpg", "mediaType": "image/jpeg", "name": "alt"}
    found = post(
        type="Article",
        name="Title",
        summary="Short",
        content="<h2>x</h2>",
        image=image,
        url=[{"type": "Link", "href": "https://o.example/post", "mediaType": "text/html"}],
    )
    assert (found.kind, found.name, found.url) == ("Article", "Title", "https://o.example/post")
    assert found.cover is not None
    assert found.cover.description == "alt"


def test_a_video_as_peertube_sends() -> None:
    files = [
        {"type": "Link", "mediaType": "text/html", "href": "https://o.example/w/1"},
        {"type": "Link", "mediaType": "video/mp4", "href": "https://o.example/v.mp4", "height": 720},
    ]
    found = post(
        type="Video",
        name="Film",
        url=files,
        attributedTo=[{"type": "Person", "id": BASE}, {"type": "Group", "id": "https://o.example/c/films"}],
    )
    assert found.url == "https://o.example/w/1"
    assert found.attributed_to[0] == BASE
    assert found.attachments[0].media_type == "video/mp4"
    assert found.attachments[0].url.endswith("v.mp4")


def test_a_poll_a_page_an_emoji_and_quotes() -> None:
    options = [{"type": "Note", "name": name, "replies": {"totalItems": 2}} for name in ("red", "blue")]
    poll = post(type="Question", oneOf=options, endTime="2026-12-01T00:00:00Z")
    assert poll.question is not None
    assert not poll.question.multiple
    assert [(each.name, each.votes) for each in poll.question.options] == [("red", 2), ("blue", 2)]
    page = post(type="Page", name="A link", cc="https://o.example/c/group")
    assert (page.kind, page.cc) == ("Page", ("https://o.example/c/group",))
    emoji = {"type": "Emoji", "name": ":fox:", "icon": {"type": "Image", "url": "https://o.example/f.png"}}
    assert (
        post(tag=[emoji, {"type": "Emoji", "name": ":../x:", "icon": emoji["icon"]}]).emojis[0].shortcode
        == "fox"
    )
    assert len(post(tag=[emoji, {"type": "Emoji", "name": ":../x:", "icon": emoji["icon"]}]).emojis) == 1
    assert post(_misskey_quote="https://b.example/1").quote == post(quoteUrl="https://b.example/1").quote


def test_lists_are_capped() -> None:
    mention = {"type": "Mention", "href": "https://b.example/u", "name": "@u"}
    files = [
        {"type": "Image", "mediaType": "image/png", "url": f"https://o.example/{n}"} for n in range(10_000)
    ]
    found = post(
        tag=[mention] * 20_000, attachment=files, to=[f"https://b.example/{n}" for n in range(50_000)]
    )
    assert len(found.mentions) <= 100
    assert len(found.attachments) <= 32
    assert len(found.to) <= 1_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\ud800"}',
        b"\xff\xfe{}",
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b"<html></html>",
        b'{"a":"' + b"x" * 1_100_000 + b'"}',
        b'{"a":[' + b"1," * 70_000 + b"1]}",
    ],
)
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedDocumentError):
        read.parse(body)


def test_moments() -> None:
    assert read.parse_instant("2026-11-23T10:00:00Z") == 1_795_428_000_000
    for odd in ("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "yesterday", 5, None, "9" * 400, {}):
        assert read.parse_instant(odd) is None
    assert read.parse_instant(read.format_instant(1_795_428_000_123)) == 1_795_428_000_123


def test_origins() -> None:
    assert same_origin("https://o.example/a", "https://O.example:443/b", "https://o.example./c")
    for other in (
        "http://o.example/a",
        "https://o.example:8443/",
        "https://evil.example/",
        "acct:a@o.example",
        "https://user@o.example/",
        "https://o.example\\@evil.example/",
    ):
        assert not same_origin("https://o.example/a", other)
    assert host_of("https://Bücher.example/") == "xn--bcher-kva.example"
    with pytest.raises(AuthorityError):
        host_of("javascript:alert(1)")


@pytest.mark.parametrize("word", ["public", "unlisted", "followers", "direct"])
def test_addresses_there_and_back(word: str) -> None:
    to, cc = addresses(word, f"{BASE}/followers", ["https://b.example/u"])
    assert visibility(to, cc, f"{BASE}/followers") == word


def test_every_spelling_of_public_counts() -> None:
    for spelled in (PUBLIC, "as:Public", "Public"):
        assert recipients({"to": [spelled]}) == ([PUBLIC], [])


def test_actors_own_their_keys_and_inboxes() -> None:
    key = {"id": f"{BASE}#main-key", "owner": BASE, "publicKeyPem": "PEM"}
    foreign = {"id": "https://evil.example/k", "owner": BASE, "publicKeyPem": "PEM"}
    document = {
        "id": BASE,
        "type": "Person",
        "preferredUsername": "ann",
        "inbox": f"{BASE}/inbox",
        "publicKey": [key, foreign, {**key, "owner": "https://evil.example/u"}],
        "endpoints": {"sharedInbox": "https://evil.example/inbox"},
        "url": "javascript:x",
    }
    actor = read_actor(document)
    assert [each.id for each in actor.keys] == [f"{BASE}#main-key"]
    assert actor.shared_inbox == ""
    assert actor.url == BASE
    with pytest.raises(AuthorityError):
        read_actor({**document, "inbox": "https://evil.example/inbox"})
    with pytest.raises(MalformedDocumentError):
        read_actor({**document, "type": "Note"})


def test_media_types_of_documents() -> None:
    profile = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    assert is_activitypub("application/activity+json; charset=utf-8")
    assert is_activitypub(profile)
    for other in ("application/json", "application/ld+json", "text/html", "image/png", ""):
        assert not is_activitypub(other)


def test_handles_and_resources() -> None:
    assert parse_handle("acct:Ann@O.example") == Handle("Ann", "o.example")
    assert parse_resource("https://o.example/@ann") == "https://o.example/@ann"
    for odd in ("", "ann", "@@", "ann@", "a b@o.example", "ann@o.example/x", "x" * 5_000):
        assert parse_resource(odd) is None
    links = [{"rel": "self", "type": "application/activity+json", "href": BASE}]
    assert read_jrd({"subject": "acct:ann@o.example", "links": links})[1] == BASE
    xrd = "<XRD><Link rel='lrdd' template='https://o.example/wf?resource={uri}'/></XRD>"
    assert read_host_meta(xrd) == "https://o.example/wf?resource={uri}"


def test_what_we_write_is_read_as_it_was_meant() -> None:
    made = Object(
        id=f"{BASE}/1",
        kind="Article",
        attributed_to=(BASE,),
        name="T",
        summary="S",
        content="<p>c</p>",
        language="en",
        source="c",
        source_type="text/markdown",
        url="https://o.example/@ann/t",
        published=1_795_428_000_000,
        to=(PUBLIC,),
        cc=(f"{BASE}/followers",),
    )
    again = read_object(write_object(made))
    for name in (
        "id",
        "kind",
        "name",
        "summary",
        "content",
        "language",
        "source",
        "url",
        "published",
        "to",
        "cc",
    ):
        assert getattr(again, name) == getattr(made, name), name


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "id",
    "type",
    "attributedTo",
    "content",
    "contentMap",
    "summary",
    "name",
    "url",
    "tag",
    "attachment",
    "to",
    "cc",
    "published",
    "updated",
    "inReplyTo",
    "object",
    "actor",
    "publicKey",
    "inbox",
    "preferredUsername",
    "icon",
    "image",
    "endpoints",
    "oneOf",
    "source",
    "assertionMethod",
)


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from(NAMES), json_values, max_size=14),
    st.sampled_from(["Note", "Person", "Like"]),
)
def test_no_shape_makes_a_reader_fall(document: dict[str, Any], kind: str) -> None:
    whole = {
        "id": BASE,
        "attributedTo": BASE,
        "actor": BASE,
        "inbox": f"{BASE}/inbox",
        **document,
        "type": kind,
    }
    for reader in (read_object, read_actor, read_activity):
        try:
            msgspec.json.encode(reader(whole))  # type: ignore[operator]
        except ActivityPubError:
            continue


def test_a_poll_survives_being_written_and_read() -> None:
    asked = Question(
        options=(Option("Red", 3), Option("Blue", None)),
        multiple=True,
        ends_at=1_000,
        closed_at=2_000,
        voters=3,
    )
    made = Object(id=f"{BASE}/1", kind="Question", attributed_to=(BASE,), to=(PUBLIC,), question=asked)
    document = write_object(made)
    assert "totalItems" not in document["anyOf"][1]["replies"]
    assert "oneOf" not in document
    again = read_object(document).question
    assert again is not None
    assert (again.voters, again.ends_at, again.closed_at) == (3, 1_000, 2_000)
    assert [(each.name, each.votes) for each in again.options] == [("Red", 3), ("Blue", 0)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"oneOf": {"name": "alone"}}, 1),
        ({"oneOf": [{"name": "a"}, "b", 3, {"name": ""}, {"name": ["c"]}, {"name": {"x": 1}}]}, 2),
        ({"anyOf": [{"name": f"{n}"} for n in range(10_000)]}, 50),
        ({"oneOf": [], "anyOf": [{"name": "a", "replies": "https://o.example/r"}]}, 1),
        (
            {
                "oneOf": [
                    {"name": "a", "replies": {"totalItems": -5}},
                    {"name": "b", "replies": {"totalItems": 1e40}},
                ]
            },
            2,
        ),
    ],
)
def test_odd_polls_are_read_as_far_as_they_go(changes: dict[str, Any], expected: int) -> None:
    asked = post(type="Question", closed=True, endTime="never", votersCount="many", **changes).question
    assert asked is not None
    assert len(asked.options) == expected
    assert asked.closed
    assert asked.ends_at is None
    assert asked.voters == 0
    assert all(0 <= (each.votes or 0) <= 1_000_000_000 for each in asked.options)


@pytest.mark.parametrize(
    "changes", [{}, {"oneOf": []}, {"oneOf": "x"}, {"anyOf": None}, {"oneOf": [{"name": 1}]}]
)
def test_a_question_without_choices_is_no_poll(changes: dict[str, Any]) -> None:
    assert post(type="Question", **changes).question is None
    assert post(oneOf=[{"name": "a"}, {"name": "b"}]).question is None


# Texts that would do harm in a handle, an address, a header or a page.
HOSTILE_TEXTS = (
    *("../../admin", "<b>x</b>", "a\nb", "alice\u200b", "\u202e", "a b", "#x", ":fox:", "en", "de-AT\n"),
    *(
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@o.example/",
        "https://o.example\\@evil.example/",
    ),
    *("https://a b/", "https://xn--a/", "https://o.example/ok", "acct:ann@o.example", "x" * 3_000),
    *("image/png", "image/png\r\nX: y"),
)
HOSTILE = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE_TEXTS))


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_what_becomes_a_name_or_an_address_is_one(first: str, second: str, third: str, fourth: str) -> None:
    tags: list[Any] = [
        {"type": "Hashtag", "name": first, "href": second},
        {"type": "Emoji", "name": third, "icon": {"url": fourth, "mediaType": first}},
    ]
    shared = {"id": f"{BASE}/1", "url": [first, {"href": second, "mediaType": third}], "tag": tags}
    found = read_object(
        {
            **shared,
            "type": "Note",
            "attributedTo": BASE,
            "mediaType": fourth,
            "attachment": [{"type": "Image", "url": first, "mediaType": second, "blurhash": third}],
            "image": third,
        }
    )
    links = [
        *(file.url for file in found.attachments),
        *(emoji.url for emoji in found.emojis),
        *found.links,
        found.url,
    ]
    links += [found.cover.url] if found.cover is not None else []
    kinds = [found.media_type, *(file.media_type for file in found.attachments)]
    try:
        actor = read_actor(
            {
                **shared,
                "id": BASE,
                "type": "Person",
                "preferredUsername": first,
                "inbox": f"{BASE}/inbox",
                "icon": {"url": second},
                "image": third,
                "attributionDomains": [first, second],
            }
        )
        links += [link for link in (actor.url, actor.icon, actor.image) if link]
        assert normalize_username(actor.username) == actor.username
        assert all(normalize_host(host) == host for host in actor.attribution_domains)
    except MalformedDocumentError:
        assert normalize_username(first) == ""
    assert all(parse_origin(link) is not None for link in links)
    assert all(not kind or (kind.isascii() and kind.isprintable() and " " not in kind) for kind in kinds)
    assert all(normalize_hashtag(tag.name) == tag.name for tag in found.hashtags)
