"""Renderers read: they work in a transaction that cannot write, and know every job for peers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound import registry
from fedserver.federation.outbound.activity import list_inboxes, list_post_inboxes
from fedserver.federation.outbound.posts import load_post
from storage.engine import Database
from storage.queries.posts import posts as post_queries
from tests.kit.people import create_accounts, establish_follow, publish

READING = ("find", "list_", "load", "count", "is_", "has_")


def list_writing_calls(text: str) -> list[str]:
    """Return the calls of queries that are not named as reading ones, and those that enqueue or emit."""
    calls = [
        (node.func.value.id, node.func.attr)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    ]
    return [
        name
        for owner, name in calls
        if name.startswith(("enqueue", "emit", "run"))
        or (owner.endswith("_queries") and not name.startswith(READING))
    ]


def test_renderers_call_nothing_that_writes() -> None:
    for path in Path(registry.__file__).parent.glob("*.py"):
        assert list_writing_calls(path.read_text()) == [], path.name


def test_list_writing_calls_finds_jobs_and_locks() -> None:
    text = "await jobs.enqueue(tx, job)\nawait poll_queries.lock(tx, 1)\nawait poll_queries.find_vote(tx, 1)"
    assert list_writing_calls(text) == ["enqueue", "lock"]


def test_registry_has_a_renderer_in_a_module_of_outbound_for_each_job() -> None:
    modules = {path.stem for path in Path(registry.__file__).parent.glob("*.py")}
    for job, renderer in registry.RENDERERS.items():
        package, _, module = renderer.__module__.rpartition(".")
        assert package == "fedserver.federation.outbound", job
        assert module in modules, job


async def test_render_create_works_where_nothing_can_be_written(
    database: Database, here: NodeContext
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "Hello")
    async with database.read() as tx:
        outbound = await registry.RENDERERS[jobs.CreatePost](tx, here, jobs.CreatePost(post_id))
    assert outbound is not None
    assert outbound.sender.id == ann.id
    assert (outbound.document["type"], outbound.synchronizes) == ("Create", False)


async def test_load_post_of_a_local_or_missing_post_returns_none(
    database: Database, here: NodeContext
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "Among us", visibility="local")
    async with database.read() as tx:
        assert await load_post(tx, here, post_id) is None
        assert await load_post(tx, here, 404) is None


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("public", {"https://beta.test/inbox", "https://gamma.test/inbox"}),
        ("direct", {"https://gamma.test/users/dora/inbox"}),
    ],
)
async def test_list_inboxes_of_direct_posts_are_personal(
    database: Database, here: NodeContext, visibility: str, expected: set[str]
) -> None:
    ann, bob, dora = await create_accounts(database, here, "ann", "bob@beta.test", "dora@gamma.test")
    await establish_follow(database, here, bob, ann)
    async with database.read() as tx:
        assert set(await list_inboxes(tx, ann.id, visibility, [dora.id, ann.id])) == expected


async def test_list_post_inboxes_holds_each_inbox_once(database: Database, here: NodeContext) -> None:
    ann, bob, _ = await create_accounts(database, here, "ann", "bob@beta.test", "carl@beta.test")
    await establish_follow(database, here, bob, ann)
    post_id = await publish(database, here, ann, "@bob@beta.test and @carl@beta.test")
    async with database.read() as tx:
        row = await post_queries.find(tx, post_id)
        assert row is not None
        assert await list_post_inboxes(tx, here, row) == ("https://beta.test/inbox",)
