"""No page shows a text that is not marked for translation: in the pseudo-locale, all have accents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from fedserver.config import MailConfig
from fedserver.domain.auth import invitations
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.scopes import ALL_SCOPES
from fedserver.domain.moderation import moderation, moderation_notes, report_filing
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.notifications import announcements
from fedserver.domain.peers import peers
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import domain_mutes, follows, lists, mutes
from fedserver.node import list_endpoints
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.rows.accounts import AccountRow
from storage.rows.kernel import InboxItemRow
from tests.kit import pseudo
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.visitors import VisitedPage, Visitor

# Names, also of formats, what members and peers write, and codes of languages: plain letters are theirs.
KNOWN = frozenset(
    {
        "ann",
        "bob",
        "oda",
        "eve",
        "fay",
        "Fay",
        "alpha",
        "Node",
        "test",
        "Like",
        "en",
        "Atom",
        "RSS",
        "UTC",
        "mail",
        "example",
    }
)
# Names of licenses, languages in their own words, and folders are the same in all languages.
NAMES = re.compile(r"CC BY(-[A-Z]{2})* 4\.0|Deutsch|Español|Français|/\S+")
DESCRIPTION = "A place that its members own."  # of the community, as the configuration has it
# Paths that lead on, or that are no pages: files, documents, ways to an identity provider.
NO_PAGES = re.compile(r"\.csv$|\.zip$|^/users/|^/\.well-known/|/provider|^/oauth/authorize/native")
# The style guide is for developers, and names classes and roles.
TEMPLATES = sorted(
    path
    for path in (Path(__file__).parents[2] / "fedserver").rglob("templates/**/*.html")
    if path.name != "styleguide.html"
)
PUBLIC = (
    "/",
    "/@ann",
    "/@ann?tab=replies",
    "/nothing/here",
    "/@oda",
    "/settings/hidden?show=blocked",
    "/settings/hidden?show=domains",
    "/admin/accounts/x",
)


@pytest.fixture
def locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with pseudo.spoken(monkeypatch) as code:
        yield code


async def _write(node: TestNode, ann: AccountRow, bob: AccountRow) -> dict[str, int]:
    """Publish posts of every kind; return the ids of those with a page of their own."""
    first = await node.publish(ann, "Ένα #σπίτι", poll=NewPoll(("Ναι", "Όχι"), 3_600))
    many = await node.publish(
        ann, "Δύο", poll=NewPoll(("Ναι", "Όχι"), 3_600, multiple=True, hide_totals=True)
    )
    article = await node.publish(ann, "# Α\n\nΒ", kind="Article", title="Άρθρο", content_type="text/markdown")
    draft = await node.publish(ann, "Σχέδιο", kind="Article", title="Σχέδιο", state="draft")
    await node.publish(bob, "Όχι", in_reply_to_id=first, summary="Προσοχή")
    await node.publish(ann, "Και", quoted_id=many)
    for visibility in ("unlisted", "followers", "direct", "local"):
        await node.publish(ann, "Μόνο", visibility=visibility)
    return {"first": first, "many": many, "article": article, "draft": draft}


async def _relate(
    tx: Tx, node: TestNode, ann: AccountRow, bob: AccountRow, oda: AccountRow
) -> dict[str, int]:
    """Let Ann follow, list, mute and block others, with a private note; return the id of the list."""
    await follows.follow(tx, node.site, ann, oda)
    await mutes.set_note(tx, ann, oda, "Σημείωση")
    row = await lists.create(tx, ann, "Φίλοι")
    await lists.add_accounts(tx, ann, row.id, [oda.id])
    await mutes.mute(tx, ann, oda, seconds=3_600)
    await mutes.mute(tx, ann, bob)
    await domain_mutes.add(tx, node.site, ann, "quiet.test")
    return {"list": row.id, "oda": oda.id}


async def _moderate(
    tx: Tx, node: TestNode, mod: AccountRow, ann: AccountRow, bob: AccountRow
) -> dict[str, int]:
    """Add decisions, notes, a report, unreachable peers and failed jobs; return ids for paths."""
    member = await member_queries.find_by_username(tx, mod.username)
    assert member is not None
    report = await report_filing.file(
        tx, node.site, ann, report_filing.NewReport(target_id=bob.id, comment="Αγενής", rule_ids=[1])
    )
    for kind in ("none", "sensitive", "silence"):
        await moderation.apply(tx, node.site, member, ann.id, ModerationAction(kind, "Γιατί"))
    await moderation.apply(tx, node.site, member, bob.id, ModerationAction("suspend", "Γιατί", days=2))
    await moderation_notes.add(tx, member, bob.id, "Σημείωση")
    await announcements.create(tx, node.site, member, "Νέα")
    await invitations.create(tx, member, note="Για")
    await peers.ensure(tx, "quiet.test")
    await jobs.enqueue(tx, jobs.ExpireModerationAction(1, 1), run_at=tx.now + 86_400_000)
    fay = await create_remote_account(tx, "fay")
    body = msgspec.json.encode({"type": "Like", "object": "https://alpha.test/1"})
    await inbox_queries.insert(
        tx, InboxItemRow(7, fay.uri, "x", fay.uri, "late.test", None, body, 1, 1, 0, 8, None, "")
    )
    await inbox_queries.dead_letter(tx, 7, "λάθος")
    return {"report": report.id, "fay": fay.id}


def _paths(ids: dict[str, int]) -> Iterator[str]:
    """Yield the path of every declared page with its parameters filled in."""
    yield from PUBLIC
    values = {
        "{name}": ["ann"],
        "{tag}": ["σπίτι"],
        "{place}": [str(ids["first"]), str(ids["many"]), str(ids["article"])],
        "{token}": ["nothing"],
        "{code}": ["nothing"],
        "{day}": ["2026-01-01"],
        "{kind}": ["privacy", "terms"],
        "{id}": [str(ids[name]) for name in ("draft", "ann", "bob", "oda", "report", "list")],
    }
    for endpoint in list_endpoints():
        if not endpoint.html or endpoint.method != "GET" or NO_PAGES.search(endpoint.path):
            continue
        parts = re.findall(r"\{[^}]*\}", endpoint.path)
        for chosen in product(*(values.get(re.sub(r":[^}]*", "", part), ["nothing"]) for part in parts)):
            path = endpoint.path
            for part, value in zip(parts, chosen, strict=True):
                path = path.replace(part, value)
            yield path


def _find_unmarked(page: VisitedPage, locale: str) -> set[str]:
    """Return the unmarked texts of a page."""
    assert f'<html lang="{locale}"' in page.text, page.path
    unmarked = pseudo.find_unmarked(page.text, KNOWN) - {DESCRIPTION}
    return {text for text in unmarked if pseudo.WORD.search(NAMES.sub("", text))}


async def _walk(visitor: Visitor, locale: str, paths: list[str]) -> dict[str, str]:
    """Return the unmarked texts, each with the path of a page that shows it."""
    unmarked: dict[str, str] = {}
    for path in paths:
        page = await visitor.open(path)
        assert page.status < 500, path
        if page.text.startswith("<!doctype html>"):
            unmarked |= dict.fromkeys(_find_unmarked(page, locale), path)
    return unmarked


def _open_browser(node: TestNode, locale: str) -> Visitor:
    visitor = Visitor(node)
    # The name of the browser is shown among the sessions.
    visitor.http.headers.update({"User-Agent": "ann", "Accept-Language": locale, "Accept": "text/html"})
    return visitor


async def _start(start: Start) -> TestNode:
    return await start(
        "alpha.test",
        registration="approval",
        rules=("Καλοσύνη",),
        mail=MailConfig(host="mail.test", sender="us@alpha.test"),
    )


async def test_pages_in_pseudo_locale_show_no_unmarked_text(start: Start, locale: str) -> None:
    node = await _start(start)
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    oda = await node.create_member("oda", "owner")
    ids = {"ann": ann.id, "bob": bob.id} | await _write(node, ann, bob)
    async with node.db.write() as tx:
        ids |= await _relate(tx, node, ann, bob, oda)
        ids |= await _moderate(tx, node, oda, ann, bob)
    await node.settle()
    paths = list(dict.fromkeys(_paths(ids)))
    guest, member, owner = (_open_browser(node, locale) for _ in range(3))
    await member.log_in("ann")
    await owner.log_in("oda")
    await guest.fill_in(
        "/signup", "username", username="eve", email="eve@mail.test", password="long enough", reason="Ναι"
    )
    unmarked: dict[str, str] = {}
    for visitor in (guest, member, owner):
        unmarked |= await _walk(visitor, locale, paths)
    assert unmarked == {}, "\n".join(f"{path}: {text!r}" for text, path in sorted(unmarked.items()))


# Who sends which form, found by a field or by its address, with what is wrong in it.
BAD_FORMS = (
    ("guest", "/signup", "username", {"username": "ann", "email": "eve@mail.test", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "e e", "email": "eve@mail.test", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "password": "123"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "password": "password"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "reason": ""}),
    ("guest", "/login", "password", {"username": "ann"}),
    ("member", "/write", "text", {"text": " "}),
    ("member", "/write", "text", {"text": "α" * 10_000}),
    ("member", "/write/article", "title", {"title": "", "text": "Β"}),
    ("member", "/settings/profile", "display_name", {"display_name": "α" * 2_000}),
    ("member", "/settings/profile", "attribution_domains", {"attribution_domains": "ψ ψ"}),
    ("member", "/settings/featured", "tag", {"tag": "1"}),
    ("member", "/settings/featured", "handle", {"handle": "oda"}),
    ("member", "/settings/tags", "tag", {"tag": "1"}),
    ("member", "/settings/filters/new", "title", {"title": "α" * 2_000}),
    ("member", "/settings/delete", "username", {"username": "ψ"}),
    ("member", "/settings/password", "current", {"current": "no", "password": "long enough"}),
    ("member", "/settings/email", "email", {"email": "ann"}),
    ("member", "/settings/data", "/settings/data", {"kind": "following"}),
    ("member", "/settings/moves", "target", {"target": "ψ"}),
    ("member", "/settings/moves", "aliases", {"aliases": "ψ"}),
    ("member", "/settings/keys", "key", {"key": "no"}),
    ("member", "/settings/decisions", "text", {"text": " "}),
    ("member", "/settings/two-step/app", "code", {"code": "0"}),
    ("member", "/lists", "title", {"title": " "}),
    ("member", "/settings/hidden?show=domains", "domain", {"domain": "ψ ψ"}),
    ("member", "/settings/hidden?show=domains", "domain", {"domain": "alpha.test"}),
    ("owner", "/admin/peers", "/admin/peers", {"domain": "a b", "policy": "block"}),
    ("owner", "/admin/partners", "message", {"domain": "a b"}),
    ("owner", "/admin/relays", "address", {"address": "no"}),
    ("owner", "/admin/peer-lists", "url", {"url": "no"}),
    ("owner", "/admin/announcements", "text", {"text": ""}),
)


async def test_pages_after_a_wrong_form_show_no_unmarked_text(start: Start, locale: str) -> None:
    node = await _start(start)
    ann, oda = await node.create_member("ann"), await node.create_member("oda", "owner")
    async with node.db.write() as tx:
        moderator = await member_queries.find_by_username(tx, oda.username)
        await moderation.apply(tx, node.site, moderator, ann.id, ModerationAction("silence", "Γιατί"))
    visitors = {name: _open_browser(node, locale) for name in ("guest", "member", "owner")}
    await visitors["member"].log_in("ann")
    await visitors["owner"].log_in("oda")
    unmarked: dict[str, str] = {}
    for name, path, field, values in BAD_FORMS:
        visitor = visitors[name]
        values = {"password": "long enough", **values} if name == "guest" else values
        send = visitor.submit_action if field.startswith("/") else visitor.fill_in
        page = await send(path, field, **values)
        assert 400 <= page.status < 500, (path, values, page.status, page.path)
        unmarked |= dict.fromkeys(_find_unmarked(page, locale), f"{path} {values}")
    assert unmarked == {}, "\n".join(f"{path}: {text!r}" for text, path in sorted(unmarked.items()))


async def test_consent_page_in_pseudo_locale_describes_scopes_without_unmarked_text(
    start: Start, locale: str
) -> None:
    node = await _start(start)
    await node.create_member("ann")
    scopes = " ".join(ALL_SCOPES)
    app = await Api(node).post(
        "/api/v1/apps", client_name="Ψ", redirect_uris="https://app.test/back", scopes=scopes
    )
    visitor = _open_browser(node, locale)
    await visitor.log_in("ann")
    query = urlencode(
        {
            "client_id": app["client_id"],
            "redirect_uri": "https://app.test/back",
            "response_type": "code",
            "scope": scopes,
        }
    )
    page = await visitor.open(f"/oauth/authorize?{query}")
    assert page.status == 200
    assert page.text.count("<li>") >= len([scope for scope in ALL_SCOPES if not scope.startswith("admin:")])
    assert _find_unmarked(page, locale) == set()


def test_unmarked_text_in_any_place_is_found() -> None:
    marked = pseudo.add_accents("Log in")
    page = f'<html lang="xx"><title>Home</title><body><a title="Go">{marked}</a><p>Plain <b>{marked}</b></p>'
    assert pseudo.find_unmarked(page, frozenset()) == {"Home", "Go", "Plain"}
    other = '<html lang="xx"><p lang="en">Theirs</p><code>theirs</code><p>@ann@alpha.test</p><p>ann</p>'
    assert pseudo.find_unmarked(other, frozenset({"ann"})) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_in_every_branch_has_no_unmarked_text(path: Path) -> None:
    """Also what no page of the walk above shows: the source without its marked texts and expressions."""
    # The block `width` names a class of the layout; macros and sets make attributes that name elements.
    marked = r"\{% trans.*?endtrans %\}|\{% block width %\}.*?endblock %\}"
    marked += (
        r"|\{% set (?:described|attributes) %\}.*?\{% endset %\}|aria-(?:invalid|describedby)=\"[^\"]*\""
    )
    source = re.sub(marked + r"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert pseudo.find_unmarked(source, KNOWN) == set()
