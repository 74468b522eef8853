"""Every table has a bound and an end, and texts of a hostile peer have a length."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, func, select

from storage.schema import metadata
from tests.kit import tls
from tests.kit.nodes import Start
from tests.kit.peers import PUBLIC, StubPeers, make_actor
from tests.storage.bounds import BOUNDS

HUGE = "x" * 60_000
MAX_STORED = 52_000  # characters: only what a post or profile says may be longer
LONG_COLUMNS = {"posts.source", "posts.html", "originals.document", "edits.source", "edits.html"}


def test_every_table_has_a_writer_a_bound_and_an_end() -> None:
    assert set(BOUNDS) == set(metadata.tables)
    assert not [name for name, bound in BOUNDS.items() if not all(bound)]


def _make_hostile_actor(uri: str) -> dict[str, Any]:
    return make_actor(
        uri,
        "eve",
        name=HUGE,
        summary=HUGE,
        url=f"{uri}/{HUGE}",
        outbox=f"{uri}/{HUGE}",
        featured=f"{uri}/{HUGE}",
        icon={"type": "Image", "url": f"https://evil.test/{HUGE}", "name": HUGE, "mediaType": HUGE},
        image={"type": "Image", "url": "https://evil.test/a.png", "name": HUGE},
        attachment=[{"type": "PropertyValue", "name": HUGE, "value": HUGE}],
        alsoKnownAs=[f"https://evil.test/{HUGE}"],
        attributionDomains=[HUGE],
        tag=[{"type": "Emoji", "name": f":{HUGE}:", "icon": {"url": f"https://evil.test/{HUGE}"}}],
    )


def _make_hostile_note(actor: str, number: int, reader: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{actor}/notes/{number}",
        "type": "Note",
        "attributedTo": actor,
        "to": [PUBLIC, reader],
        "content": "hello",
        "summary": HUGE,
        "published": "2026-01-01T00:00:00Z",
        "contentMap": {HUGE: "hello"},
        "inReplyTo": f"https://evil.test/{HUGE}",
        "context": f"https://evil.test/{HUGE}",
        "attachment": [
            {
                "type": "Document",
                "url": "https://evil.test/a.png",
                "mediaType": "image/png",
                "name": HUGE,
                "blurhash": HUGE,
            }
        ],
        "tag": [
            {"type": "Hashtag", "name": f"#{HUGE}", "href": f"https://evil.test/{HUGE}"},
            {"type": "Hashtag", "name": "#short"},
            {"type": "Mention", "name": HUGE, "href": reader},
            {"type": "Mention", "name": HUGE, "href": f"https://evil.test/{HUGE}"},
            {"type": "Emoji", "name": ":e:", "icon": {"url": f"https://evil.test/{HUGE}"}},
        ],
        **more,
    }


async def test_texts_of_a_hostile_peer_have_a_length(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    eve = "https://evil.test/users/eve"
    async with StubPeers(names, "evil.test") as peers:
        peers.serve(_make_hostile_actor(eve))
        notes = [
            _make_hostile_note(eve, 1, ann.uri),
            _make_hostile_note(
                eve,
                2,
                ann.uri,
                type="Question",
                oneOf=[{"type": "Note", "name": HUGE}, {"type": "Note", "name": "b"}],
            ),
            _make_hostile_note(
                eve, 3, ann.uri, type="Article", name=HUGE, source={"content": "s", "mediaType": HUGE}
            ),
        ]
        activities = [{"type": "Create", "object": note, "to": [PUBLIC]} for note in notes]
        activities += [
            {"type": "Flag", "object": ann.uri, "content": HUGE},
            {"type": "Follow", "object": ann.uri, "content": HUGE},
            {"type": "Like", "object": f"https://evil.test/{HUGE}", "content": HUGE},
            {"type": HUGE, "object": ann.uri},
        ]
        for number, activity in enumerate(activities):
            status = await peers.deliver(node, eve, {"id": f"{eve}/acts/{number}", "actor": eve, **activity})
            assert status in (202, 400, 403), (activity["type"][:20], status)
        await node.settle()
        lengths = {}
        async with node.db.read() as tx:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, Text):
                        lengths[f"{table.name}.{column.name}"] = (
                            await tx.value(select(func.max(func.length(column)))) or 0
                        )
    too_long = {name: size for name, size in lengths.items() if size > MAX_STORED}
    assert set(too_long) <= LONG_COLUMNS, too_long
    assert lengths["accounts.note_html"] > 1_000, "the actor was read"
    assert lengths["posts.summary"] > 1, "the posts were read"
    assert lengths["reports.comment"] == 1_000
    for name in ("username", "display_name", "url", "avatar_url", "also_known_as"):
        assert lengths[f"accounts.{name}"] <= 2_048, name
