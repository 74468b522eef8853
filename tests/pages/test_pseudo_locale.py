"""No page shows a text that is not marked for translation: in the pseudo-locale, all have accents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import msgspec
import pytest
from fedserver.domain.polls import NewPoll

from fedserver.config import Mail
from fedserver.domain import announcements, invitations, moderation, moderation_notes, peers, reports, tasks
from fedserver.domain.moderation import Order
from fedserver.node import list_endpoints
from storage import AccountRow, InboxItemRow, Tx, queries
from tests.kit import pseudo
from tests.kit.nodes import Start, TestNode
from tests.kit.people import stranger
from tests.kit.visitors import Visitor

# Names and what members and peers write, and codes of languages: plain letters here are theirs.
KNOWN = frozenset({"ann", "bob", "oda", "eve", "fay", "Fay", "alpha", "Node", "test", "Like", "en"})
DESCRIPTION = "A place that its members own."  # of the community, as the configuration has it
# Paths that lead on, or that are no pages: files, documents, ways to an identity provider.
NO_PAGES = re.compile(r"\.csv$|\.zip$|^/users/|^/\.well-known/|/provider|^/oauth/authorize/native")
TEMPLATES = sorted((Path(__file__).parents[2] / "fedserver").rglob("templates/**/*.html"))
PUBLIC = ("/", "/@ann", "/@ann?tab=replies", "/nothing/here", "/admin/accounts/x")

# Texts of Python modules that are not marked yet. The list only gets shorter: what is marked is taken out.
NOT_YET_MARKED = frozenset(
    {
        "Bookmarks",
        "Bookmarks · Node alpha.test",
        "Community",
        "Community · Node alpha.test",
        "Everything that you post is shown as sensitive from now on.",
        "Nothing was found under this address",
        "Partners",
        "Partners · Node alpha.test",
        "Record not found",
        "The moderators have a warning for you.",
        "This action is not allowed",
        "This invitation is not valid any more. Ask for a new link.",
        "This link is too old, or the subscription has ended",
        "This link was used before, or is too old",
        "Validation failed: Client id is not known here. Please start again in the app.",
        "Your account is limited: only those who follow you see what you post.",
        "Not Found",
    }
)


@pytest.fixture
def locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with pseudo.spoken(monkeypatch) as code:
        yield code


async def _write(node: TestNode, ann: AccountRow, bob: AccountRow) -> dict[str, int]:
    """Posts of every kind; the ids of those that pages show alone."""
    first = await node.write(ann, "Ένα #σπίτι", poll=NewPoll(("Ναι", "Όχι"), 3_600))
    many = await node.write(ann, "Δύο", poll=NewPoll(("Ναι", "Όχι"), 3_600, multiple=True, hide_totals=True))
    article = await node.write(ann, "# Α\n\nΒ", kind="Article", title="Άρθρο", content_type="text/markdown")
    draft = await node.write(ann, "Σχέδιο", kind="Article", title="Σχέδιο", state="draft")
    await node.write(bob, "Όχι", in_reply_to_id=first, summary="Προσοχή")
    await node.write(ann, "Και", quoted_id=many)
    for visibility in ("unlisted", "followers", "direct", "local"):
        await node.write(ann, "Μόνο", visibility=visibility)
    return {"first": first, "many": many, "article": article, "draft": draft}


async def _moderate(
    tx: Tx, node: TestNode, mod: AccountRow, ann: AccountRow, bob: AccountRow
) -> dict[str, int]:
    """Decisions, notes, a report, peers that are silent, and tasks that failed; the id of the report."""
    member = await queries.members.by_username(tx, mod.username)
    assert member is not None
    filed = await reports.file(
        tx, node.site, ann, reports.NewReport(target_id=bob.id, comment="Αγενής", rule_ids=[1])
    )
    for kind in ("none", "sensitive", "silence"):
        await moderation.act(tx, node.site, member, ann.id, Order(kind, "Γιατί"))
    await moderation.act(tx, node.site, member, bob.id, Order("suspend", "Γιατί", days=2))
    await moderation_notes.add(tx, member, bob.id, "Σημείωση")
    await announcements.create(tx, node.site, member, "Νέα")
    await invitations.create(tx, member, note="Για")
    await peers.ensure(tx, "quiet.test")
    await tasks.owe(tx, tasks.LiftAct(1, 1), run_at=tx.now + 86_400_000)
    fay = await stranger(tx, "fay")
    body = msgspec.json.encode({"type": "Like", "object": "https://alpha.test/1"})
    await queries.inbox.add(
        tx, InboxItemRow(7, fay.uri, "x", fay.uri, "late.test", None, body, 1, 1, 0, 8, None, "")
    )
    await queries.inbox.bury(tx, 7, "λάθος")
    return {"report": filed.id, "fay": fay.id}


def _paths(ids: dict[str, int]) -> Iterator[str]:
    """Every page that is declared, its parts filled in; some twice."""
    yield from PUBLIC
    values = {
        "{name}": ["ann"],
        "{tag}": ["σπίτι"],
        "{place}": [str(ids["first"]), str(ids["many"]), str(ids["article"])],
        "{token}": ["nothing"],
        "{code}": ["nothing"],
        "{id}": [str(ids["draft"]), str(ids["ann"]), str(ids["bob"]), str(ids["report"])],
    }
    for endpoint in list_endpoints():
        if not endpoint.html or endpoint.method != "GET" or NO_PAGES.search(endpoint.path):
            continue
        parts = re.findall(r"\{[^}]*\}", endpoint.path)
        for chosen in product(*(values[re.sub(r":[^}]*", "", part)] for part in parts)):
            path = endpoint.path
            for part, value in zip(parts, chosen, strict=True):
                path = path.replace(part, value)
            yield path


async def _unmarked(visitor: Visitor, locale: str, paths: list[str]) -> dict[str, str]:
    """The unmarked texts with the path of a page that shows them."""
    found: dict[str, str] = {}
    visitor.http.headers.update({"Accept-Language": locale, "Accept": "text/html"})
    for path in paths:
        page = await visitor.open(path)
        assert page.status < 500, path
        if not page.text.startswith("<!doctype html>"):
            continue
        assert f'<html lang="{locale}"' in page.text, path
        found |= {text: path for text in pseudo.find_unmarked(page.text, KNOWN) if text != DESCRIPTION}
    return found


async def test_pages_in_pseudo_locale_show_no_unmarked_text(start: Start, locale: str) -> None:
    node = await start(
        "alpha.test",
        registration="approval",
        rules=("Καλοσύνη",),
        mail=Mail(host="mail.test", sender="us@alpha.test"),
    )
    ann, bob, oda = (await node.member("ann"), await node.member("bob"), await node.member("oda", "owner"))
    ids = {"ann": ann.id, "bob": bob.id} | await _write(node, ann, bob)
    async with node.db.write() as tx:
        ids |= await _moderate(tx, node, oda, ann, bob)
    await node.settle()
    paths = list(dict.fromkeys(_paths(ids)))
    guest, member, owner = Visitor(node), Visitor(node), Visitor(node)
    for visitor in (guest, member, owner):
        visitor.http.headers["User-Agent"] = "ann"  # it is shown among the browsers
    await member.log_in("ann")
    await owner.log_in("oda")
    await guest.fill_in(
        "/signup", "username", username="eve", email="eve@mail.test", password="long enough", reason="Ναι"
    )
    found: dict[str, str] = {}
    for visitor in (guest, member, owner):
        found |= await _unmarked(visitor, locale, paths)
    unknown = {text: path for text, path in found.items() if text not in NOT_YET_MARKED}
    assert unknown == {}, "\n".join(f"{path}: {text!r}" for text, path in sorted(unknown.items()))
    assert NOT_YET_MARKED - set(found) == frozenset(), "marked by now: take it out of the list"


def test_an_unmarked_text_is_found_wherever_it_stands() -> None:
    marked = pseudo.add_accents("Log in")
    page = f'<html lang="xx"><title>Home</title><body><a title="Go">{marked}</a><p>Plain <b>{marked}</b></p>'
    assert pseudo.find_unmarked(page, frozenset()) == {"Home", "Go", "Plain"}
    other = '<html lang="xx"><p lang="en">Theirs</p><code>theirs</code><p>@ann@alpha.test</p><p>ann</p>'
    assert pseudo.find_unmarked(other, frozenset({"ann"})) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_branch_of_a_template_holds_an_unmarked_text(path: Path) -> None:
    """Also what no page of the walk above shows: the source without its marked texts and expressions."""
    # The block `width` names a class of the layout.
    marked = r"\{% trans.*?endtrans %\}|\{% block width %\}.*?endblock %\}"
    source = re.sub(marked + r"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert pseudo.find_unmarked(source, KNOWN) == set()
