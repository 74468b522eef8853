"""The table of verbs is complete, and what is not in it is ignored."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, cast

import pytest

from activitypub.activities import read_activity
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.inbound import registry
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from tests.kit.people import create_accounts


class NoRelays:
    """A resolver to which no relay is known."""

    async def is_relay(self, account: Any) -> bool:
        return False


def test_handlers_hold_every_module_with_prepare_and_apply() -> None:
    folder = Path(registry.__file__).parent
    modules = set()
    for path in folder.glob("*.py"):
        functions = {
            node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.AsyncFunctionDef)
        }
        if functions >= {"prepare", "apply"} and path.stem != "registry":
            modules.add(path.stem)
    handled = {handler.apply.__module__.rpartition(".")[2] for handler in registry.HANDLERS.values()}
    assert handled == modules


def test_handlers_take_both_halves_from_the_same_module() -> None:
    for verb, handler in registry.HANDLERS.items():
        assert handler.prepare.__module__ == handler.apply.__module__, verb


async def test_prepare_unknown_verb_is_ignored(database: Database, here: NodeContext) -> None:
    (bob,) = await create_accounts(database, here, "bob@beta.test")
    activity = read_activity({"type": "Arrive", "actor": bob.uri, "object": "https://alpha.test/users/ann"})
    with pytest.raises(IgnoredError, match="Arrive is not supported"):
        await registry.prepare(
            cast(Resolver, NoRelays()), InboundActivity(site=here, activity=activity, actor=bob)
        )


async def test_prepare_forwarded_by_no_relay_is_ignored(database: Database, here: NodeContext) -> None:
    bob, eve = await create_accounts(database, here, "bob@beta.test", "eve@evil.test")
    activity = read_activity({"type": "Delete", "actor": bob.uri, "object": bob.uri})
    with pytest.raises(IgnoredError, match="neither the actor nor a relay"):
        await registry.prepare(
            cast(Resolver, NoRelays()), InboundActivity(site=here, activity=activity, actor=eve)
        )
