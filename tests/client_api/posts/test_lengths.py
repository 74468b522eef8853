"""Lengths are what a reader counts, with a bound for what no reader can count."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture

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


async def start_world(start: Start) -> tuple[Api, dict[str, str]]:
    """Return Ann's client, an admin's, and the addresses of what texts can be written about."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann", "admin"), await node.create_member("bob")
    token = await node.create_token(ann, "read write follow admin:read admin:write")
    api = Api(node, token)
    data = {"file": io.BytesIO(make_picture())}
    media = (await api.request("POST", "/api/v2/media", data=data)).body["id"]
    return api, {"account": str(bob.id), "media": media}


TEXTS: dict[str, tuple[str, str, str, int, dict[str, Any]]] = {
    "media description": ("PUT", "/api/v1/media/{media}", "description", 1_500, {}),
    "report": ("POST", "/api/v1/reports", "comment", 1_000, {"account_id": "{account}"}),
    "note": ("POST", "/api/v1/accounts/{account}/note", "comment", 2_000, {}),
    "list title": ("POST", "/api/v1/lists", "title", 256, {}),
    "filter title": ("POST", "/api/v2/filters", "title", 256, {"context": ["home"]}),
    "filter phrase": ("POST", "/api/v1/filters", "phrase", 256, {"context": ["home"]}),
    "filter keyword": ("POST", "/api/v2/filters/{filter}/keywords", "keyword", 512, {}),
    "article title": ("POST", "/api/v1/statuses", "title", 200, {"status": "x"}),
    "moderation": ("POST", "/api/v1/admin/accounts/{account}/action", "text", 2_000, {"type": "none"}),
    "peer": ("POST", "/api/v1/admin/domain_blocks", "public_comment", 1_000, {"domain": "peer.test"}),
    "network": (
        "POST", "/api/v1/admin/ip_blocks", "comment", 1_000, {"ip": "192.0.2.1", "severity": "no_access"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
async def test_length_of_what_people_write_is_counted_in_graphemes(start: Start, name: str) -> None:
    api, ids = await start_world(start)
    method, path, field, max_length, more = TEXTS[name]
    if "{filter}" in path:
        ids["filter"] = (await api.post("/api/v2/filters", title="t", context=["home"]))["id"]
    more = {key: value.format(**ids) if isinstance(value, str) else value for key, value in more.items()}
    path = path.format(**ids)
    for text in (FAMILY * (max_length + 1), "a" * (max_length + 1)):
        answer = await api.request(method, path, json={**more, field: text})
        assert answer.status == 422, answer.body
    text = FAMILY * max_length
    answer = await api.request(method, path, json={**more, field: text})
    assert answer.status == 200, answer.body
    if isinstance(answer.body, dict) and field in answer.body:
        assert answer.body[field] == text, "nothing is cut"


async def test_limits_of_the_instance_are_those_that_are_checked(start: Start) -> None:
    api, ids = await start_world(start)
    limits = (await api.get("/api/v2/instance"))["configuration"]
    described = limits["media_attachments"]["description_limit"]
    path = f"/api/v1/media/{ids['media']}"
    assert (await api.put(path, description=FAMILY * described))["description"] == FAMILY * described
    assert (await api.request("PUT", path, json={"description": "a" * (described + 1)})).status == 422
    upload = {"file": io.BytesIO(make_picture()), "description": "a" * (described + 1)}
    assert (await api.request("POST", "/api/v2/media", data=upload)).status == 422
    option = limits["polls"]["max_characters_per_option"]
    for length, status in ((option, 200), (option + 1, 422)):
        poll = {"options": [FAMILY * length, "b"], "expires_in": 600}
        answer = await api.request("POST", "/api/v1/statuses", json={"status": "x", "poll": poll})
        assert answer.status == status
    names = limits["accounts"]
    for key, field in (("profile_field_name_limit", "name"), ("profile_field_value_limit", "value")):
        for length, status in ((names[key], 200), (names[key] + 1, 422)):
            pair = {"name": "a", "value": "b", field: FAMILY * length}
            answer = await api.request(
                "PATCH", "/api/v1/accounts/update_credentials", json={"fields_attributes": [pair]}
            )
            assert answer.status == status
