"""The instance: activity, blocked peers, languages, legal texts, and oEmbed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.metrics import instance_stats
from fedserver.domain.peers import peers
from fedserver.domain.registration import legal_texts
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import make_context

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


def write_legal_texts(node: TestNode, folder: Path) -> None:
    """Write the texts of the admins; the node reads its configuration each time."""
    (folder / "terms").mkdir()
    (folder / "privacy.md").write_text("# Privacy\n\nWe keep <script>alert(1)</script> **little**.")
    for day in ("2026-01-01", "2026-11-01", "2027-01-01"):
        (folder / "terms" / f"{day}.md").write_text(f"Since {day}")
    (folder / "terms" / "2026-99-99.md").write_text("no day")
    services = node.node.services
    community = structs.replace(
        services.site.config.community,
        privacy_policy_file=str(folder / "privacy.md"),
        terms_folder=str(folder / "terms"),
    )
    config = structs.replace(services.site.config, community=community)
    object.__setattr__(services, "site", structs.replace(services.site, config=config))


async def test_legal_texts_are_rendered_and_found_by_date(start: Start, tmp_path: Path) -> None:
    node = await start("alpha.test")
    write_legal_texts(node, tmp_path)
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
    (tmp_path / "privacy.md").unlink()
    assert (await api.request("GET", "/api/v1/instance/privacy_policy")).status == 404


def test_terms_with_a_missing_folder_are_not_found(tmp_path: Path) -> None:
    here = make_context(tmp_path)
    community = structs.replace(here.config.community, terms_folder=str(tmp_path / "nowhere"))
    here = structs.replace(here, config=structs.replace(here.config, community=community))
    with pytest.raises(NotFoundError):
        legal_texts.get_terms(here, legal_texts.date(2026, 1, 1))


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
