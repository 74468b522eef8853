"""Lengths are what a reader counts, with a bound for what no reader can count."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start

FAMILY, ZALGO = "👨‍👩‍👧‍👦", "e" + "\u0301" * 500


async def begin(start: Start) -> Api:
    node = await start("alpha.test", limits={"post_characters": 20, "article_characters": 30})
    return Api(node, await node.create_token(await node.create_member("ann")))


@pytest.mark.parametrize(
    ("status", "accepted"),
    [
        ({"status": FAMILY * 20}, True),
        ({"status": FAMILY * 21}, False),
        ({"status": FAMILY * 10, "spoiler_text": FAMILY * 10}, True),
        ({"status": FAMILY * 10, "spoiler_text": FAMILY * 11}, False),
        ({"status": "@bob@beta.test " + FAMILY * 15}, True),
        ({"status": ZALGO}, False),
        ({"status": "x", "spoiler_text": ZALGO}, False),
        ({"status": FAMILY * 30, "title": "A"}, True),
        ({"status": FAMILY * 31, "title": "A"}, False),
        ({"status": "x", "poll": {"options": [FAMILY * 50, "b"], "expires_in": 600}}, True),
        ({"status": "x", "poll": {"options": [FAMILY * 51, "b"], "expires_in": 600}}, False),
    ],
)
async def test_length_of_a_status_is_counted_in_graphemes(
    start: Start, status: dict[str, Any], accepted: bool
) -> None:
    api = await begin(start)
    answer = await api.request("POST", "/api/v1/statuses", json=status)
    assert answer.status == (200 if accepted else 422), answer.body


@pytest.mark.parametrize(
    ("profile", "accepted"),
    [
        ({"display_name": FAMILY * 60}, True),
        ({"display_name": FAMILY * 61}, False),
        ({"note": FAMILY * 2_000}, True),
        ({"note": FAMILY * 2_001}, False),
        ({"note": f"https://x.test/{'a' * 2_000} " + "b" * 1_900}, True),
        ({"fields_attributes": [{"name": FAMILY * 255, "value": FAMILY * 255}]}, True),
        ({"fields_attributes": [{"name": "a", "value": FAMILY * 256}]}, False),
        ({"fields_attributes": [{"name": FAMILY * 256, "value": "a"}]}, False),
    ],
)
async def test_length_of_a_profile_is_counted_in_graphemes(
    start: Start, profile: dict[str, Any], accepted: bool
) -> None:
    api = await begin(start)
    answer = await api.request("PATCH", "/api/v1/accounts/update_credentials", json=profile)
    assert answer.status == (200 if accepted else 422), answer.body
    if accepted and "display_name" in profile:
        assert answer.body["display_name"] == profile["display_name"]
