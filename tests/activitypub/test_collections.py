"""Collections of every shape that peers are known to serve."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.collections import (
    get_embedded_replies,
    item_uris,
    next_page,
    post_uris,
    read_part,
    thread_collections,
)

A, B, C = (f"https://a.test/{number}" for number in (1, 2, 3))
NEXT = "https://a.test/replies?page=2"


@pytest.mark.parametrize(
    ("document", "uris", "following"),
    [
        ({"type": "Collection", "items": [A, B]}, [A, B], None),
        ({"type": "OrderedCollection", "orderedItems": [A, {"id": B}]}, [A, B], None),
        ({"type": "Collection", "items": A}, [A], None),
        ({"type": "Collection", "items": {"id": A}}, [A], None),
        ({"type": "Collection", "first": NEXT}, [], NEXT),
        ({"type": "Collection", "first": {"id": NEXT, "type": "CollectionPage"}}, [], NEXT),
        # GoToSocial: self-replies are embedded, the rest is behind `next`.
        ({"type": "Collection", "first": {"type": "CollectionPage", "items": [A], "next": NEXT}}, [A], NEXT),
        # Mastodon, for a post without self-replies: the page is empty and leads on.
        ({"type": "Collection", "first": {"type": "CollectionPage", "items": [], "next": NEXT}}, [], NEXT),
        ({"type": "Collection", "first": {"type": "CollectionPage", "items": A}}, [A], None),
        ({"first": {"orderedItems": [A], "next": {"type": "OrderedCollectionPage", "id": NEXT}}}, [A], NEXT),
        ({"first": {"items": [A], "next": {"items": [B], "next": {"items": [C]}}}}, [A, B, C], None),
        ({"first": [{"items": [A], "next": NEXT}]}, [A], NEXT),
        ({"type": "OrderedCollection", "orderedItems": [], "first": NEXT}, [], NEXT),
        ({"type": "OrderedCollection", "orderedItems": [A], "first": {"items": [B]}}, [A, B], None),
        # WordPress names the first page in each page.
        ({"type": "OrderedCollectionPage", "orderedItems": [A], "first": B, "next": NEXT}, [A], NEXT),
        ({"type": "OrderedCollectionPage", "orderedItems": [A], "first": B}, [A], None),
        ({"type": ["as:CollectionPage"], "items": [A], "next": NEXT, "first": B}, [A], NEXT),
        ({"type": "CollectionPage", "items": [B], "orderedItems": [A]}, [A, B], None),
        ({"type": "CollectionPage", "items": None, "next": None}, [], None),
        ({"items": ["x:y", 5, None, {}, "javascript:alert(1)", A]}, [A], None),
        ({}, [], None),
        ({"first": 5, "next": []}, [], None),
    ],
)
def test_read_part_finds_items_and_what_follows(
    document: dict[str, Any], uris: list[str], following: str | None
) -> None:
    assert item_uris(document, 10) == uris
    assert next_page(document) == following


def test_read_part_is_bounded_in_items_and_depth() -> None:
    assert len(read_part({"items": [A] * 500, "first": {"items": [B] * 500}}, 20).items) == 20
    page: dict[str, Any] = {"items": [A]}
    for _ in range(30):
        page = {"items": [A], "next": page}
    assert len(read_part({"first": page}, 100).items) < 10


def test_post_uris_reads_ids_posts_and_their_creates() -> None:
    listed = [A, {"type": "Note", "id": B}, {"type": "Create", "id": f"{C}/create", "object": {"id": C}}]
    assert post_uris(read_part({"items": listed}, 10)) == [A, B, C]
    assert post_uris(read_part({"items": [{"type": "Create", "object": None}]}, 10)) == []


def test_embedded_replies_count_from_the_origin_of_the_post_only() -> None:
    page = {"type": "CollectionPage", "items": [B]}
    assert get_embedded_replies({"id": A, "replies": {"first": page}}) == {"first": page}
    assert get_embedded_replies({"id": A, "replies": {"id": f"{A}/replies"}}) == {"id": f"{A}/replies"}
    assert get_embedded_replies({"id": A, "replies": {"id": "https://b.test/r", "first": page}}) is None
    assert get_embedded_replies({"id": A, "replies": f"{A}/replies"}) is None


def test_context_counts_from_the_origin_of_the_thread_as_well() -> None:
    context = "https://b.test/contexts/1"
    assert thread_collections({"id": A, "context": context}) == []
    assert thread_collections({"id": A, "context": context, "inReplyTo": "https://b.test/1"}) == [context]
    assert thread_collections({"id": A, "context": context, "inReplyTo": "https://c.test/1"}) == []
