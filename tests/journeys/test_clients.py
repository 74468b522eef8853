"""Real client programs against real nodes: Mastodon.py and toot, logged in by OAuth.

They are synchronous, so each runs in a thread or process of its own beside the nodes' loop.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from mastodon import Mastodon, MastodonAPIError
from PIL import Image

from fedserver.config import MailConfig
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import emails, members, one_time_links
from fedserver.domain.timelines import timelines
from storage.engine import Page, ReadTx
from tests.kit import tls
from tests.kit.browsing import authorize_app
from tests.kit.nodes import PASSWORD, Start, TestNode

SCOPES = ["read", "write", "follow", "push"]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def local_names(names: tls.LoopbackResolver, monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[None]:
    """Client libraries look names up by themselves: test hosts lead to the nodes' ports.

    Asks for `start` so that the clients' connections are closed before the nodes are.
    """
    lookup = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host in names.ports:
            return lookup("127.0.0.1", names.ports[host], *args, **kwargs)
        return lookup(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls.write_ca_file())
    yield
    while _sessions:
        _sessions.pop().close()


_sessions: list[requests.Session] = []


def log_in(node: TestNode, username: str) -> Mastodon:
    """Register an app and log in with it, walking the forms."""
    session = requests.Session()
    _sessions.append(session)
    client_id, secret = Mastodon.create_app("journey", api_base_url=node.base, scopes=SCOPES, session=session)
    client = Mastodon(client_id=client_id, client_secret=secret, api_base_url=node.base, session=session)
    code = authorize_app(client.auth_request_url(scopes=SCOPES), username, tls.write_ca_file())
    client.log_in(code=code, scopes=SCOPES)
    return client


async def beside(nodes: list[TestNode], work: Callable[[], Any]) -> Any:
    """Run `work` in a thread while the nodes answer."""
    done = await asyncio.to_thread(work)
    while sum([await node.settle() for node in nodes]):
        pass
    return done


@pytest.mark.usefixtures("local_names")
async def test_mastodon_py_uses_the_main_features(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    nodes = [alpha, beta]
    await alpha.create_member("ann")
    bob = await beta.create_member("bob")
    ann = await beside(nodes, lambda: log_in(alpha, "ann"))
    assert (await beside(nodes, ann.me)).acct == "ann"

    def look_for_bob() -> Any:
        (found,) = ann.search_v2("@bob@beta.test", resolve=True).accounts
        return found

    found = await beside(nodes, look_for_bob)
    assert found.acct == "bob@beta.test"
    await beside(nodes, lambda: ann.account_follow(found))
    assert (await beside(nodes, lambda: ann.account_relationships(found)))[0].following

    client_bob = await beside(nodes, lambda: log_in(beta, "bob"))
    posted = await beside(nodes, lambda: client_bob.status_post("Hello from beta #news"))
    (seen,) = await beside(nodes, ann.timeline_home)
    assert seen.uri == posted.uri
    assert seen.account.acct == "bob@beta.test"

    await beside(nodes, lambda: (ann.status_favourite(seen), ann.status_reblog(seen)))
    reply = await beside(nodes, lambda: ann.status_reply(seen, "Hi there"))
    assert reply.in_reply_to_id == seen.id
    assert reply.mentions[0].acct == "bob@beta.test"
    status = await beside(nodes, lambda: client_bob.status(posted))
    assert (status.favourites_count, status.reblogs_count, status.replies_count) == (1, 1, 1)
    kinds = {notification.type for notification in await beside(nodes, client_bob.notifications)}
    assert kinds == {"favourite", "reblog", "mention", "follow"}

    media = await beside(nodes, lambda: ann.media_post(picture(), mime_type="image/png", description="teal"))
    assert media.type == "image"
    assert media.meta.original.width == 320
    assert media.blurhash
    status = await beside(
        nodes,
        lambda: ann.status_post("With a picture", media_ids=[media], spoiler_text="look", language="en"),
    )
    assert status.media_attachments[0].description == "teal"
    assert status.sensitive
    edited = await beside(nodes, lambda: ann.status_update(status, "Changed", spoiler_text=""))
    assert edited.edited_at is not None
    assert len(await beside(nodes, lambda: ann.status_history(status))) == 2
    removed = await beside(nodes, lambda: ann.status_delete(status))
    assert removed.text == "Changed"
    assert bob.posts_count == 0


@pytest.mark.usefixtures("local_names")
async def test_mastodon_py_creates_polls_votes_and_schedules(start: Start) -> None:
    """Vote and schedule. Mastodon.py sends booleans as "1" and "0" inside JSON where there is a poll."""
    alpha, beta = await start("alpha.test"), await start("beta.test")
    nodes = [alpha, beta]
    await alpha.create_member("ann")
    await beta.create_member("bob")
    ann = await beside(nodes, lambda: log_in(alpha, "ann"))
    bob = await beside(nodes, lambda: log_in(beta, "bob"))
    await beside(
        nodes, lambda: bob.account_follow(bob.search_v2("@ann@alpha.test", resolve=True).accounts[0])
    )
    poll = ann.make_poll(["Tea", "Coffee"], expires_in=3600, multiple=True, hide_totals=False)
    posted = await beside(nodes, lambda: ann.status_post("Which?", poll=poll, sensitive=False))
    assert posted.poll.multiple
    assert not posted.sensitive
    assert posted.poll.voted
    (seen,) = await beside(nodes, bob.timeline_home)
    voted = await beside(nodes, lambda: bob.poll_vote(seen.poll, [0, 1]))
    assert voted.own_votes == [0, 1]
    assert voted.voters_count == 1
    assert (await beside(nodes, lambda: ann.poll(posted.poll))).votes_count == 2

    moment = datetime.fromtimestamp(alpha.clock.now / 1000 + 900, UTC)
    later = await beside(nodes, lambda: ann.status_post("Later", scheduled_at=moment, poll=poll))
    assert later.params.text == "Later"
    assert later.params.poll.multiple
    assert [scheduled.id for scheduled in await beside(nodes, ann.scheduled_statuses)] == [later.id]
    changed = await beside(nodes, lambda: ann.scheduled_status_update(later, moment + timedelta(hours=1)))
    assert changed.scheduled_at > later.scheduled_at
    alpha.clock.forward(hours=1.5)
    await beside(nodes, lambda: None)
    newest, *_ = await beside(nodes, bob.timeline_home)
    assert newest.content == "<p>Later</p>"
    assert newest.poll.multiple
    assert await beside(nodes, ann.scheduled_statuses) == []
    await beside(nodes, lambda: ann.status_post("Cancelled", scheduled_at=moment + timedelta(hours=9)))
    (waiting,) = await beside(nodes, ann.scheduled_statuses)
    await beside(nodes, lambda: ann.scheduled_status_delete(waiting))
    assert await beside(nodes, ann.scheduled_statuses) == []


@pytest.mark.usefixtures("local_names")
async def test_mastodon_py_pages_through_the_home_timeline(start: Start) -> None:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    ann = await beside([alpha], lambda: log_in(alpha, "ann"))

    def read_all() -> tuple[list[str], list[str]]:
        written = [ann.status_post(f"post {number}").id for number in range(7)]
        first = ann.timeline_home(limit=3)
        rest = ann.fetch_remaining(first)
        return written, [status.id for status in rest]

    written, read = await beside([alpha], read_all)
    assert read == written[::-1]


# One process for all commands: to load the program costs more than most of what it is asked for.
TOOT = """
import contextlib, io, json, sys
from toot.cli import cli
asked, told = sys.stdin, sys.stdout
for line in asked:
    sys.stdin, out = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            cli.main(json.loads(line), prog_name="toot", standalone_mode=False)
            good = True
        except BaseException as error:
            print(repr(error))
            good = False
    print(json.dumps([good, out.getvalue()]), file=told, flush=True)
"""


class Toot:
    """The toot command, with a configuration folder of its own, on nodes at http://localhost."""

    def __init__(self, folder: Path, nodes: list[TestNode]) -> None:
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "NO_COLOR": "1"}
        self._nodes = nodes
        self._process: asyncio.subprocess.Process | None = None

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environment, stdin=pipe, stdout=pipe, stderr=pipe
        )

    async def run(self, *arguments: str) -> str:
        """Run a command to its end and return its output. Pending work of the nodes is done afterwards."""
        if self._process is None:
            self._process = await self._start("-c", TOOT)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(arguments) + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        good, out = msgspec.json.decode(line, type=tuple[bool, str])
        assert good, out
        while sum([await node.settle() for node in self._nodes]):
            pass
        return out

    async def end(self) -> None:
        """Close the input of the process, which comes to its end."""
        if self._process is not None:
            await self._process.communicate(b"")

    async def log_in(self, node: TestNode, username: str) -> None:
        """Walk the forms at the address that toot prints, give it the code."""
        process = await self._start("-m", "toot", "login", "--instance", node.base)
        assert process.stdin is not None
        assert process.stdout is not None
        address = ""
        while not address.startswith("http"):
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert line, "toot printed no address"
            address = line.decode().strip()
        code = await asyncio.to_thread(authorize_app, address, username, tls.write_ca_file())
        out, errors = await asyncio.wait_for(process.communicate(f"n\n{code}\n".encode()), 60)
        assert process.returncode == 0, out.decode() + errors.decode()


@asynccontextmanager
async def toot_on(folder: Path, nodes: list[TestNode]) -> AsyncIterator[Toot]:
    toot = Toot(folder, nodes)
    try:
        yield toot
    finally:
        await toot.end()


@pytest.mark.surface
async def test_toot_federates_between_two_nodes(start: Start, tmp_path: Path) -> None:
    alpha, beta = await start("localhost"), await start("localhost")
    await alpha.create_member("ann")
    bob = await beta.create_member("bob")
    handle = f"@bob@{beta.domain}"
    async with toot_on(tmp_path / "toot", [alpha, beta]) as toot:
        await toot.log_in(alpha, "ann")
        assert "ann" in await toot.run("whoami")
        await toot.run("follow", handle)
        await beta.publish(bob, "Fresh from beta")
        await beta.settle()
        await alpha.settle()
        shown = await toot.run("timelines", "home", "--no-pager")
        assert "Fresh from beta" in shown
        await toot.run("post", "Hello from the terminal")
        async with alpha.db.read() as tx:
            (newest,) = await posts_of(tx, alpha, "ann")
        await asyncio.to_thread((tmp_path / "teal.png").write_bytes, picture())
        await toot.run("post", "A picture", "--media", str(tmp_path / "teal.png"), "--description", "teal")
        await toot.run("post", "An answer", "--reply-to", str(newest))
        for act in (
            "favourite",
            "reblog",
            "bookmark",
            "pin",
            "unpin",
            "unbookmark",
            "unreblog",
            "unfavourite",
        ):
            await toot.run(act, str(newest))
        assert "An answer" in await toot.run("thread", str(newest))
        assert "terminal" in await toot.run("timelines", "account", "ann", "--no-pager")
        await toot.run("delete", str(newest))
        assert "bob" in await toot.run("search", handle)
        await toot.run("notifications")
        await toot.run("instance")
        await toot.run("unfollow", handle)
        await alpha.create_member("eve")
        for name in (handle, "eve"):
            await toot.run("block", name)
            await toot.run("unblock", name)


async def posts_of(tx: ReadTx, node: TestNode, name: str) -> list[int]:
    """Ids of what a member posted, newest first."""
    account = await accounts.get_local(tx, name)
    return await timelines.list_by_account(tx, account.id, account.id, Page())


@pytest.mark.usefixtures("local_names")
async def test_mastodon_py_registers_a_member(start: Start) -> None:
    node = await start("alpha.test", mail=MailConfig(host="127.0.0.1", port=9, sender="node@alpha.test"))

    def register() -> tuple[Mastodon, Any]:
        session = requests.Session()
        _sessions.append(session)
        app = Mastodon.create_app("journey", api_base_url=node.base, scopes=SCOPES, session=session)
        client = Mastodon(client_id=app[0], client_secret=app[1], api_base_url=node.base, session=session)
        taken = client.create_account(
            "ann", "short", "ann@mail.test", agreement=True, scopes=SCOPES, return_detailed_error=True
        )
        client.create_account("ann", PASSWORD, "ann@mail.test", agreement=True, scopes=SCOPES)
        return client, taken[1]

    client, refused = await asyncio.to_thread(register)
    assert refused["details"]["password"][0]["error"] == "ERR_TOO_SHORT"
    with pytest.raises(MastodonAPIError, match="missing a confirmed e-mail address"):
        await asyncio.to_thread(client.me)
    await asyncio.to_thread(client.email_resend_confirmation)
    async with node.db.write() as tx:
        (member,) = [row for row, _ in await members.list_all(tx)]
        word = await one_time_links.create(tx, "confirm", member.id, member.email, hours=1)
        await emails.confirm(tx, word)
    assert (await asyncio.to_thread(client.me)).acct == "ann"
