"""Settings that would lock people out, or contradict others: refused, or done only when asked for again."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from fedserver.config import Config
from fedserver.domain.kernel.access import get_access_mode, list_contradictions
from fedserver.text.locales import gettext
from storage.engine import ReadTx
from storage.queries.auth import members as member_queries
from storage.queries.peers import peers as peer_queries


class Contradiction(Struct, frozen=True):
    """A problem that a change would cause, at the key of a field; `is_refused`: it cannot be confirmed."""

    key: str
    text: str
    is_refused: bool = False


async def find(tx: ReadTx, config: Config, changed: Collection[str]) -> list[Contradiction]:
    """Return what is wrong with a configuration in which the keys `changed` have new values."""
    problems = []
    if "registration.mode" in changed:
        problems += await _find_in_registration(tx, config)
    if "registration.invites_per_member" in changed and "registration.mode" not in changed:
        problems += _find_without_invitations(config, "registration.invites_per_member")
    if "federation.mode" in changed:
        problems += await _find_in_federation(tx, config)
    if "federation.authorized_fetch" in changed and _is_for_members(config):
        problems += _find_unused_switch(config)
    for key in ("community.readers", "federation.mode", "registration.mode"):
        if key in changed:  # one question, at the field that was changed
            problems += [Contradiction(key, text) for text in list_contradictions(config)]
            break
    if "community.contact_account" in changed:
        problems += await _find_unknown_contact(tx, config.community.contact_account)
    return problems


def _is_for_members(config: Config) -> bool:
    return not get_access_mode(config.community.readers, config.federation.mode, False).admits_visitors


async def _find_unknown_contact(tx: ReadTx, name: str) -> list[Contradiction]:
    if not name or await member_queries.find_by_username(tx, name) is not None:
        return []
    text = gettext("There is no member with this username.")
    return [Contradiction("community.contact_account", text, is_refused=True)]


async def _find_in_registration(tx: ReadTx, config: Config) -> list[Contradiction]:
    key, mode = "registration.mode", config.registration.mode
    shuts = mode in ("invite", "closed") and await member_queries.count_all(tx) > 0
    # While there is no member at all, the set-up link creates the first owner.
    if shuts and not await member_queries.has_active_owner(tx):
        text = gettext(
            "No owner can log in. Nobody could let people in any more. Please make a member an owner first."
        )
        return [Contradiction(key, text, is_refused=True)]
    return _find_without_invitations(config, key)


def _find_without_invitations(config: Config, key: str) -> list[Contradiction]:
    if config.registration.mode != "invite" or config.registration.invites_per_member:
        return []
    text = gettext(
        "People can join with an invitation only, and new members would have none to give away: only "
        "moderators and admins could invite."
    )
    return [Contradiction(key, text)]


async def _find_in_federation(tx: ReadTx, config: Config) -> list[Contradiction]:
    key, mode = "federation.mode", config.federation.mode
    if mode == "closed":
        text = gettext(
            "Nobody here could read or follow people on other servers any more, and people there nobody "
            "here. Visitors could not read anything."
        )
        return [Contradiction(key, text)]
    if mode == "allowlist":
        decided = await peer_queries.list_with_decision(tx)
        if not any(row.policy == "allow" for row in decided):
            text = gettext(
                "No server is allowed yet, so this one would talk to none. You can allow servers under Peers."
            )
            return [Contradiction(key, text)]
        text = gettext(
            "Only servers that are allowed could be reached; follow relationships with all others would "
            "rest. Visitors could not read anything."
        )
        return [Contradiction(key, text)]
    return []


def _find_unused_switch(config: Config) -> list[Contradiction]:
    if config.federation.authorized_fetch:
        return []
    text = gettext("While this server talks to chosen servers only, they must say who they are in any case.")
    return [Contradiction("federation.authorized_fetch", text)]
