"""Settings: taken over once, changed with an entry in the log, and checked as the configuration is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fedserver.config import CommunityConfig, Config, LimitsConfig, RegistrationConfig
from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.moderation import rules
from fedserver.domain.settings import contradictions, legal_texts, node_settings
from fedserver.domain.settings.current import CurrentSettings
from storage.engine import Database, Page
from storage.rows.auth import MemberRow
from tests.kit.people import make_context, new_keys


def make_config(**community: Any) -> Config:
    return Config(
        community=CommunityConfig(title="Ours", rules=("Be kind", "No spam"), **community),
        registration=RegistrationConfig(mode="open"),
    )


async def create_member(database: Database, here: NodeContext, name: str, role: str = "member") -> MemberRow:
    async with database.write() as tx:
        member, _ = await members.create_approved(
            tx, here, name, f"{name}@mail.test", "hash", new_keys(), role=role
        )
    return member


async def load(database: Database, config: Config) -> Config:
    async with database.read() as tx:
        return (await node_settings.load(tx, config)).config


async def test_settings_are_taken_over_once(database: Database, tmp_path: Path) -> None:
    (tmp_path / "privacy.md").write_text("# Privacy")
    (tmp_path / "2026-01-01.md").write_text("Be nice")
    (tmp_path / "2026-99-99.md").write_text("no day")
    config = make_config(privacy_policy_file=str(tmp_path / "privacy.md"), terms_folder=str(tmp_path))
    taken = await node_settings.take_over(database, config)
    assert taken == (
        "community.title",
        "community.rules",
        "registration.mode",
        "community.privacy_policy_file",
        "community.terms_folder",
    )
    # Later values in the file do not count, not even where the setting has its default.
    later = Config(community=CommunityConfig(title="Theirs", hue=10), limits=LimitsConfig(poll_options=9))
    assert await node_settings.take_over(database, later) == ()
    current = await load(database, later)
    assert (current.community.title, current.community.hue, current.limits.poll_options) == ("Ours", 205, 4)
    ignored = node_settings.list_ignored(later, current)
    assert ignored == ["community.title", "community.hue", "limits.poll_options"]
    assert not node_settings.list_ignored(make_config(), current)
    async with database.read() as tx:
        assert await legal_texts.list_kinds(tx) == {"privacy", "terms"}
        assert await legal_texts.load_source(tx, "terms", "2026-01-01") == "Be nice"


async def test_change_is_in_the_log_with_both_values_and_its_reason(database: Database) -> None:
    here = make_context(community=CommunityConfig(title="Ours"))
    await node_settings.take_over(database, here.config)
    ann = await create_member(database, here, "ann", role="owner")
    settings = CurrentSettings(database, here, here.config)
    followed: list[str] = []
    settings.follow(lambda config: followed.append(config.community.title))
    async with database.write() as tx:
        values = {"community.title": "Library", "registration.invites_per_member": 5}
        assert await node_settings.change(tx, here, ann, values, "we moved") == ["community.title"]
        assert any(event.kind == "settings.changed" for event in tx.events)
    assert await settings.refresh()
    assert not await settings.refresh()
    assert here.config.community.title == "Library"
    assert followed == ["Library"]
    async with database.read() as tx:
        (entry,) = await audit_log.list_page(tx, Page())
        await audit_log.verify(tx)
    assert (entry.verb, entry.role, entry.reason, entry.shows_reason) == (
        "settings.change",
        "owner",
        "we moved",
        True,
    )
    assert entry.subject_name == "community.title: “Ours” → “Library”"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("community.title", "x" * 101),
        ("community.title", "a\nb"),
        ("community.hue", 360),
        ("community.languages", ("english language",)),
        ("community.contact_email", "nobody"),
        ("limits.poll_options", 1),
        ("limits.video_bytes", 1),
        ("registration.invites_per_member", -1),
    ],
)
async def test_value_that_the_configuration_refuses_is_refused(
    database: Database, key: str, value: Any
) -> None:
    here = make_context()
    await node_settings.take_over(database, here.config)
    with pytest.raises(InvalidError) as caught:
        async with database.write() as tx:
            await node_settings.change(tx, here, None, {key: value}, "why")
    assert caught.value.field == key
    assert key not in caught.value.message.removeprefix(key)
    async with database.read() as tx:
        assert await audit_log.find_head(tx) is None


async def test_setting_that_cannot_be_read_has_its_default(database: Database) -> None:
    here = make_context()
    await node_settings.take_over(database, here.config)
    async with database.write() as tx:
        await node_settings.setting_queries.set_values(tx, {"federation.mode": '"ajar"', "gone.key": "1"})
    assert (await load(database, here.config)).federation.mode == "open"


async def find_problems(database: Database, here: NodeContext, **values: Any) -> list[tuple[str, bool]]:
    wanted = {key.replace("__", "."): value for key, value in values.items()}
    async with database.read() as tx:
        after = node_settings.check(here.config, wanted)
        found = await contradictions.find(tx, after, wanted)
    return [(problem.key, problem.is_refused) for problem in found]


async def test_settings_that_lock_people_out_are_refused_or_asked_about(database: Database) -> None:
    here = make_context(registration=RegistrationConfig(mode="open"))
    # Before there is anybody, the set-up link lets the first owner in.
    assert await find_problems(database, here, registration__mode="closed") == []
    await create_member(database, here, "bob")
    assert await find_problems(database, here, registration__mode="closed") == [("registration.mode", True)]
    await create_member(database, here, "ann", role="owner")
    assert await find_problems(database, here, registration__mode="closed") == []
    assert await find_problems(
        database, here, registration__mode="invite", registration__invites_per_member=0
    ) == [("registration.mode", False)]
    assert await find_problems(database, here, federation__mode="allowlist") == [("federation.mode", False)]
    assert await find_problems(database, here, limits__poll_options=3) == []
    assert await find_problems(database, here, community__contact_account="ann") == []
    contact = await find_problems(database, here, community__contact_account="eve")
    assert contact == [("community.contact_account", True)]


def test_numbers_of_rules_are_never_used_again() -> None:
    first = node_settings.number_rules(("Be kind", "No spam"))
    assert [rule.number for rule in first] == [1, 2]
    second = node_settings.merge_rules(first, ("New", "Be kind"))
    assert [rule.number for rule in second] == [3, 1, 2]
    here = make_context(community=CommunityConfig(rules=second))
    assert [rule.text for rule in rules.list_all(here)] == ["New", "Be kind"]
    # An entry of the log names a rule that was removed since.
    assert [rule.text for rule in rules.list_by_numbers(here, [2])] == ["No spam"]
    with pytest.raises(InvalidError):
        rules.check_numbers(here, [2])
    assert rules.check_numbers(here, [2, 1], former=[2]) == (1, 2)
