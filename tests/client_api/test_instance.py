"""The instance: activity, blocked peers, languages, legal texts, and oEmbed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from fedserver.domain.metrics import instance_stats
from fedserver.domain.peers import peers
from fedserver.domain.settings import legal_texts
from tests.kit.api import Api
from tests.kit.nodes import Start

WEEK_S = 7 * 86_400


async def test_instance_activity_lists_twelve_weeks(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    for visibility in ("public", "local", "followers"):
        await node.publish(ann, visibility, visibility=visibility)
    api = Api(node, await node.create_token(ann))
    await api.get("/api/v1/accounts/verify_credentials")
    node.clock.forward(days=7)
    await node.publish(ann, "another week")
    await api.get("/api/v1/accounts/verify_credentials")
    weeks = await Api(node).get("/api/v1/instance/activity")
    assert len(weeks) == instance_stats.WEEKS
    assert all(isinstance(value, str) for value in weeks[0].values())
    assert [(item["statuses"], item["logins"], item["registrations"]) for item in weeks[:3]] == [
        ("1", "1", "0"),
        ("3", "1", "1"),
        ("0", "0", "0"),
    ]
    starts = [int(item["week"]) for item in weeks]
    assert [later - earlier for later, earlier in pairwise(starts)] == [WEEK_S] * 11
    assert all((moment // 86_400 + 3) % 7 == 0 for moment in starts), "weeks begin on Mondays"


@pytest.mark.parametrize(("shown_to", "status"), [("public", 200), ("members", 401), ("nobody", 404)])
async def test_domain_blocks_are_shown_to_the_configured_audience(
    start: Start, shown_to: str, status: int
) -> None:
    node = await start("alpha.test", show_blocks=shown_to)
    async with node.db.write() as tx:
        for domain, policy in (("bad.test", "block"), ("loud.test", "limit"), ("good.test", "allow")):
            await peers.decide(
                tx,
                None,
                domain,
                peers.PeerDecision(policy, "for us", public_comment="spam" if policy == "block" else ""),
            )
    answer = await Api(node).request("GET", "/api/v1/instance/domain_blocks")
    assert answer.status == status
    ann = Api(node, await node.create_token(await node.create_member("ann")))
    if shown_to == "nobody":
        assert (await ann.request("GET", "/api/v1/instance/domain_blocks")).status == 404
        return
    bad, loud = await ann.get("/api/v1/instance/domain_blocks")
    assert (bad["domain"], bad["severity"], bad["comment"]) == ("bad.test", "suspend", "spam")
    assert (loud["domain"], loud["severity"], loud["comment"]) == ("loud.test", "silence", None)
    assert len(bad["digest"]) == 64


async def test_instance_languages_are_named(start: Start) -> None:
    node = await start("alpha.test")
    languages = await Api(node).get("/api/v1/instance/languages")
    names = {item["code"]: item["name"] for item in languages}
    assert len(languages) == len(names) > 180
    assert names["de"] == "German"
    assert names["zh-TW"]
    assert await Api(node).get("/api/v1/instance/translation_languages") == {}


async def test_legal_texts_without_files_are_not_found(start: Start) -> None:
    node = await start("alpha.test")
    for path in (
        "privacy_policy",
        "terms_of_service",
        "terms_of_service/2026-01-01",
        "terms_of_service/soon",
    ):
        assert (await Api(node).request("GET", f"/api/v1/instance/{path}")).status == 404


async def test_legal_texts_are_rendered_and_found_by_date(start: Start) -> None:
    node = await start("alpha.test")
    async with node.db.write() as tx:
        text = "# Privacy\n\nWe keep <script>alert(1)</script> **little**."
        await legal_texts.write(tx, None, legal_texts.PRIVACY, text, "why")
        for day in ("2026-01-01", "2026-11-01", "2027-01-01"):
            held_from = date.fromisoformat(day)
            await legal_texts.write(tx, None, legal_texts.TERMS, f"Since {day}", "why", held_from)
    api = Api(node)
    policy = await api.get("/api/v1/instance/privacy_policy")
    assert "<strong>little</strong>" in policy["content"]
    assert "<script" not in policy["content"]
    assert policy["updated_at"].endswith("Z")
    terms = "/api/v1/instance/terms_of_service"
    now = await api.get(terms)
    assert (now["effective_date"], now["effective"], now["succeeded_by"]) == (
        "2026-11-01",
        True,
        "2027-01-01",
    )
    coming = await api.get(f"{terms}/2027-01-01")
    assert (coming["effective"], coming["succeeded_by"]) == (False, None)
    assert "2026-01-01" in (await api.get(f"{terms}/2026-01-01"))["content"]
    assert (await api.request("GET", f"{terms}/2026-05-05")).status == 404
    async with node.db.write() as tx:
        await legal_texts.write(tx, None, legal_texts.PRIVACY, "", "gone")
    assert (await api.request("GET", "/api/v1/instance/privacy_policy")).status == 404


async def test_oembed_shows_local_public_posts_only(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node)
    note = await node.publish(ann, 'Hello <b> "all"')
    article = await node.publish(
        ann, "Words", kind="Article", title="On <lamps>", content_type="text/markdown"
    )
    url = f"{node.base}/@ann/{note}"
    embed: dict[str, Any] = await api.get("/api/oembed", url=url)
    assert embed["type"] == "rich"
    assert embed["width"] == 400
    assert embed["height"] is None
    assert embed["author_url"] == f"{node.base}/@ann"
    assert url in embed["html"]
    assert "&lt;b&gt;" in embed["html"]
    assert "<script" not in embed["html"]
    assert (await api.get("/api/oembed", url=f"{node.base}/users/ann/statuses/{note}"))["title"]
    assert (await api.get("/api/oembed", url=f"{url}?x=1", maxwidth="9000"))["width"] == 1000
    address = (await api.get(f"/api/v1/statuses/{article}"))["url"]
    assert "On &lt;lamps&gt;" in (await api.get("/api/oembed", url=address))["html"]
    for visibility in ("followers", "direct", "local"):
        hidden = await node.publish(ann, "hidden", visibility=visibility)
        answer = await api.request("GET", "/api/oembed", params={"url": f"{node.base}/@ann/{hidden}"})
        assert answer.status == 404, visibility
    for wrong in ("", "https://beta.test/@ann/1", f"{node.base}/@ann", "nonsense"):
        assert (await api.request("GET", "/api/oembed", params={"url": wrong})).status == 404
    async with node.http.get(f"/@ann/{note}") as page:
        assert "application/json+oembed" in await page.text()
