"""Members: joining, invitations, login, and the end of access."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fedserver.config import MailConfig, RegistrationConfig
from fedserver.domain.auth import (
    emails,
    invitations,
    login,
    member_access,
    members,
    one_time_links,
    password_resets,
    sessions,
    tokens,
)
from fedserver.domain.auth.members import NewMember
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError, TooManyRequestsError
from fedserver.domain.registration import setup, signups
from storage.engine import Database
from storage.queries.auth import members as member_queries
from storage.queries.auth import tokens as token_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.auth import MemberRow
from tests.kit.clock import Clock
from tests.kit.mails import take_mails
from tests.kit.people import make_context, new_keys


def make_site(folder: Path, mode: Any, *, mail: bool = False) -> NodeContext:
    """Return a node context with this registration mode."""
    smtp = MailConfig(host="mail.test", sender="node@alpha.test") if mail else MailConfig()
    return make_context(folder, registration=RegistrationConfig(mode=mode), mail=smtp)


def new_member(name: str = "ann", **fields: str) -> NewMember:
    return NewMember(username=name, email=f"{name}@mail.test", password_hash="hash", **fields)


async def join(database: Database, where: NodeContext, wanted: NewMember) -> MemberRow:
    async with database.write() as tx:
        member = await signups.join(tx, where, wanted, new_keys())
    assert member is not None
    return member


async def create_member(database: Database, where: NodeContext, name: str, role: str = "member") -> MemberRow:
    async with database.write() as tx:
        member, _ = await members.create_approved(
            tx, where, name, f"{name}@mail.test", "hash", new_keys(), role=role
        )
    return member


def extract_token(mail: jobs.SendMail) -> str:
    """Return the token of the link in a mail."""
    (link,) = [line for line in mail.text.split() if line.startswith("https://")]
    return link.rpartition("/")[2]


async def test_join_on_an_open_node_is_approved_at_once(database: Database, tmp_path: Path) -> None:
    member = await join(database, make_site(tmp_path, "open"), new_member())
    assert member.approved_at
    assert member.email_confirmed_at
    assert member.role == "member"
    async with database.write() as tx:
        assert await login.log_in(tx, member, "ann", "192.0.2.1", "Firefox")


@pytest.mark.parametrize("mode", ["closed", "invite"])
async def test_join_without_invitation_is_refused(database: Database, tmp_path: Path, mode: str) -> None:
    with pytest.raises(ForbiddenError):
        await join(database, make_site(tmp_path, mode), new_member())
    async with database.read() as tx:
        assert await members.count_by_activity(tx) == (0, 0, 0)


async def test_join_with_approval_needs_a_reason_and_waits(database: Database, tmp_path: Path) -> None:
    here = make_site(tmp_path, "approval")
    with pytest.raises(InvalidError, match="Reason"):
        await join(database, here, new_member())
    member = await join(database, here, new_member(reason="I live next door"))
    assert member.approved_at is None
    async with database.write() as tx:
        with pytest.raises(ForbiddenError, match="approved"):
            await login.log_in(tx, member, "ann", "", "")
        await members.approve(tx, member)
        assert await login.log_in(tx, await members.get(tx, member.id), "ann", "", "")


async def test_email_is_confirmed_by_a_link_that_works_once(database: Database, tmp_path: Path) -> None:
    here = make_site(tmp_path, "open", mail=True)
    member = await join(database, here, new_member())
    assert member.email_confirmed_at is None
    (mail,) = await take_mails(database, here)
    assert mail.to == "ann@mail.test"
    token = extract_token(mail)
    async with database.write() as tx:
        with pytest.raises(ForbiddenError, match="confirm"):
            await login.log_in(tx, member, "ann", "", "")
        with pytest.raises(NotFoundError):
            await one_time_links.consume(tx, "setup", token)
        assert (await emails.confirm(tx, token)).email_confirmed_at
        with pytest.raises(NotFoundError):
            await emails.confirm(tx, token)


async def test_usernames_and_emails_are_unique_ignoring_case(database: Database, tmp_path: Path) -> None:
    here = make_site(tmp_path, "open")
    await join(database, here, new_member("ann"))
    with pytest.raises(InvalidError) as taken:
        await join(database, here, NewMember(username="ANN", email="b@mail.test", password_hash=""))
    assert (taken.value.field, taken.value.code) == ("username", "ERR_TAKEN")
    with pytest.raises(InvalidError) as taken:
        await join(database, here, NewMember(username="bea", email="Ann@Mail.test", password_hash=""))
    assert taken.value.field == "email"
    assert "taken" not in taken.value.text
    async with database.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 1, "a refused sign-up leaves nothing behind"


@pytest.mark.parametrize(
    "email",
    ["", "ann", "@mail.test", "ann@", "ann@localhost", "a b@mail.test", "ann@mail.test\r\nBcc: x@y.test"],
)
def test_invalid_emails_are_refused(email: str) -> None:
    with pytest.raises(InvalidError):
        members.check_email(email)


async def test_email_address_in_any_spelling_is_that_of_one_member(
    database: Database, tmp_path: Path
) -> None:
    here = make_site(tmp_path, "open")
    member = await join(database, here, NewMember("ann", "Ann@Bücher.Example", ""))
    assert member.email == "Ann@xn--bcher-kva.example"
    async with database.read() as tx:
        for spelling in ("ann@BÜCHER.example", " ann@xn--bcher-kva.example "):
            assert await login.find_member(tx, spelling) == member
    with pytest.raises(InvalidError):
        await join(database, here, NewMember("bea", "ann@bu\u0308cher.example", ""))


# --- the first owner


async def test_setup_accepts_the_newest_link_once(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        old, new = await setup.create_token(tx), await setup.create_token(tx)
    assert old
    assert new
    for token, works in ((old, False), (new, True), (new, False)):
        async with database.write() as tx:
            if works:
                owner = await setup.create_owner(tx, here, token, "ann", "ann@mail.test", "h", new_keys())
                assert owner.role == "owner"
                assert owner.approved_at
                assert owner.email_confirmed_at
            else:
                with pytest.raises(NotFoundError):
                    await setup.create_owner(tx, here, token, "eve", "eve@mail.test", "h", new_keys())
    async with database.write() as tx:
        assert await setup.create_token(tx) is None


async def test_setup_link_survives_a_refused_username(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        token = await setup.create_token(tx) or ""
    with pytest.raises(InvalidError):
        async with database.write() as tx:
            await setup.create_owner(tx, here, token, "no name", "ann@mail.test", "h", new_keys())
    async with database.write() as tx:
        assert await setup.create_owner(tx, here, token, "ann", "ann@mail.test", "h", new_keys())


async def test_setup_link_ends_with_the_first_member(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        token = await setup.create_token(tx) or ""
    await create_member(database, here, "ann")
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await setup.create_owner(tx, here, token, "eve", "eve@mail.test", "h", new_keys())


# --- invitations


async def test_invitation_can_be_used_as_often_as_it_says(database: Database, tmp_path: Path) -> None:
    here = make_site(tmp_path, "invite")
    bob = await create_member(database, here, "bob")
    async with database.write() as tx:
        invitation = await invitations.create(tx, bob, uses=2)
    first = await join(database, here, new_member("ann", invitation=invitation.code))
    assert first.approved_at
    assert first.invitation_id == invitation.row.id
    await join(database, here, new_member("cat", invitation=invitation.code))
    with pytest.raises(InvalidError, match="Invitation"):
        await join(database, here, new_member("dan", invitation=invitation.code))
    async with database.read() as tx:
        account = await member_queries.find_main_account_id(tx, first.id)
        inviter = await member_queries.find_main_account_id(tx, bob.id)
        assert await follow_queries.find(tx, account or 0, inviter or 0), "a new member follows their inviter"


async def test_invitation_expires(database: Database, tmp_path: Path, clock: Clock) -> None:
    here = make_site(tmp_path, "invite")
    bob = await create_member(database, here, "bob")
    async with database.write() as tx:
        invitation = await invitations.create(tx, bob, days=1)
    clock.forward(days=1)
    with pytest.raises(InvalidError):
        await join(database, here, new_member(invitation=invitation.code))


async def test_invitation_budget_holds_for_a_stale_member_row(database: Database, here: NodeContext) -> None:
    bob = await create_member(database, here, "bob")
    async with database.write() as tx:
        await invitations.create(tx, bob, uses=here.config.registration.invites_per_member)
    async with database.write() as tx:
        with pytest.raises(ForbiddenError):
            await invitations.create(tx, bob, uses=1)


async def test_revoked_invitation_returns_unused_uses_to_the_budget(
    database: Database, tmp_path: Path
) -> None:
    here = make_site(tmp_path, "invite")
    bob, eve = await create_member(database, here, "bob"), await create_member(database, here, "eve")
    async with database.write() as tx:
        invitation = await invitations.create(tx, bob, uses=3)
    await join(database, here, new_member("ann", invitation=invitation.code))
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await invitations.revoke(tx, eve, invitation.row.id)
        await invitations.revoke(tx, bob, invitation.row.id)
        assert (await members.get(tx, bob.id)).invites_left == here.config.registration.invites_per_member - 1
        assert await invitations.find_valid(tx, invitation.code) is None
        with pytest.raises(NotFoundError):
            await invitations.revoke(tx, bob, invitation.row.id)


async def test_invitations_of_a_disabled_member_are_invalid(database: Database, here: NodeContext) -> None:
    bob = await create_member(database, here, "bob")
    async with database.write() as tx:
        invitation = await invitations.create(tx, bob)
        await member_access.set_disabled(tx, bob, disabled=True)
        assert await invitations.find_valid(tx, invitation.code) is None


# --- log-in


@pytest.mark.parametrize("name", ["ann", "@ann", " ANN ", "ann@mail.test", "Ann@Mail.Test"])
async def test_login_by_username_or_email_finds_the_member(
    database: Database, here: NodeContext, name: str
) -> None:
    member = await create_member(database, here, "ann")
    async with database.read() as tx:
        assert await login.find_member(tx, name) == member


@pytest.mark.parametrize("name", ["", "@", "nobody", "nobody@mail.test", "a" * 5_000, "\x00", "ann%"])
async def test_login_with_unknown_names_finds_nobody(
    database: Database, here: NodeContext, name: str
) -> None:
    await create_member(database, here, "ann")
    async with database.read() as tx:
        assert await login.find_member(tx, name) is None


async def test_attempts_are_counted_for_all_spellings_of_a_login(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    await create_member(database, here, "ann")
    spellings = ["ann", "@ann", "@@ann", " Ann", "ann@mail.test"] * 2
    for number, name in enumerate(spellings):
        async with database.write() as tx:
            await login.count_attempt(tx, name, f"192.0.2.{number}")
    for name in ("@@@ann", "ANN@mail.test"):
        with pytest.raises(TooManyRequestsError):
            async with database.write() as tx:
                await login.count_attempt(tx, name, "198.51.100.1")
    async with database.write() as tx:
        await login.count_attempt(tx, "bob", "198.51.100.1")
    clock.forward(hours=0.25)
    async with database.write() as tx:
        await login.count_attempt(tx, "ann", "198.51.100.1")


@pytest.mark.parametrize(
    ("spellings", "another"),
    [
        (["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:201", "192.0.2.1:4711"], "192.0.2.2"),
        (["2001:db8::1", "2001:DB8:0:0::2", "[2001:db8::3]:443", "2001:db8::4%eth0"], "2001:db8:0:1::1"),
    ],
)
async def test_attempts_are_counted_for_all_spellings_of_an_address(
    database: Database, spellings: list[str], another: str
) -> None:
    async with database.write() as tx:
        for number in range(login.MAX_ATTEMPTS_PER_ADDRESS):
            await login.count_attempt(tx, f"name{number}", spellings[number % 4])
    for address in spellings:
        with pytest.raises(TooManyRequestsError):
            async with database.write() as tx:
                await login.count_attempt(tx, "another", address)
    async with database.write() as tx:
        await login.count_attempt(tx, "another", another)


async def test_login_resets_the_attempts(database: Database, here: NodeContext) -> None:
    member = await create_member(database, here, "ann")
    for _ in range(2):
        async with database.write() as tx:
            for _ in range(login.MAX_ATTEMPTS_PER_ACCOUNT):
                await login.count_attempt(tx, "ann", "192.0.2.1")
        with pytest.raises(TooManyRequestsError):
            async with database.write() as tx:
                await login.count_attempt(tx, "ann", "192.0.2.1")
        async with database.write() as tx:
            await login.log_in(tx, member, "ann", "192.0.2.1", "")


async def test_attempts_that_succeed_do_not_count(database: Database, here: NodeContext) -> None:
    await create_member(database, here, "ann")
    for _ in range(login.MAX_ATTEMPTS_PER_ADDRESS + 1):
        async with database.write() as tx:
            await login.count_attempt(tx, "ann", "192.0.2.1")
        async with database.write() as tx:
            await login.take_back_attempt(tx, "ann", "192.0.2.1")


async def test_each_login_starts_a_session_that_ends_and_expires(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    member = await create_member(database, here, "ann")
    async with database.write() as tx:
        first = await login.log_in(tx, member, "ann", "", "Firefox")
        second = await login.log_in(tx, member, "ann", "", "Safari")
        first_principal, second_principal = (
            await sessions.find_principal(tx, first),
            await sessions.find_principal(tx, second),
        )
        assert first_principal
        assert second_principal
        assert first_principal.session_id != second_principal.session_id
        assert first_principal.csrf != second_principal.csrf
        assert first_principal.member == await members.get(tx, member.id)
        assert first_principal.account
        assert first_principal.account.username == "ann"
        assert first_principal.session_id
        await sessions.end(tx, first_principal.session_id)
        assert await sessions.find_principal(tx, first) is None
        assert await sessions.find_principal(tx, second)
    clock.forward(days=60)
    async with database.read() as tx:
        assert await sessions.find_principal(tx, second) is None


async def test_session_tokens_are_stored_as_hashes(database: Database, here: NodeContext) -> None:
    member = await create_member(database, here, "ann")
    async with database.write() as tx:
        token = await login.log_in(tx, member, "ann", "", "")
        assert await tx.one(token_queries.FIND_SESSION, token_hash=token, now=tx.now) is None


# --- what ends access


async def test_new_password_ends_sessions_and_tokens(database: Database, here: NodeContext) -> None:
    member = await create_member(database, here, "ann")
    async with database.write() as tx:
        cookie = await login.log_in(tx, member, "ann", "", "")
        account_id = await member_queries.find_main_account_id(tx, member.id)
        token = await tokens.create(tx, "read", app_id=None, member_id=member.id, account_id=account_id)
        assert await tokens.find_principal(tx, token.secret)
        await member_access.set_password(tx, member, "other")
        assert await sessions.find_principal(tx, cookie) is None
        assert await tokens.find_principal(tx, token.secret) is None


async def test_disabled_member_can_only_read_decisions(database: Database, here: NodeContext) -> None:
    member = await create_member(database, here, "ann")
    async with database.write() as tx:
        cookie = await login.log_in(tx, member, "ann", "", "")
        await member_access.set_disabled(tx, member, disabled=True)
        assert await sessions.find_principal(tx, cookie) is None
        other = await login.log_in(tx, await members.get(tx, member.id), "ann", "", "")
        suspended = await sessions.find_principal(tx, other, allow_suspended=True)
        assert suspended is not None
        assert suspended.is_suspended
        assert await sessions.find_principal(tx, other) is None
        assert await sessions.find_principal(tx, cookie, allow_suspended=True) is None
        await member_access.set_disabled(tx, member, disabled=False)
        assert await sessions.find_principal(tx, cookie) is None, "ended sessions stay ended"
        assert await login.log_in(tx, await members.get(tx, member.id), "ann", "", "")


# --- a forgotten password


async def test_password_is_reset_by_a_link_that_works_once(database: Database, tmp_path: Path) -> None:
    here = make_site(tmp_path, "open", mail=True)
    member = await create_member(database, here, "ann")
    async with database.write() as tx:
        cookie = await login.log_in(tx, member, "ann", "", "")
        await password_resets.request(tx, here, "ANN@mail.test")
        await password_resets.request(tx, here, "ann")
        await password_resets.request(tx, here, "nobody@mail.test")
    (mail,) = await take_mails(database, here)
    assert mail.to == "ann@mail.test"
    async with database.write() as tx:
        await password_resets.reset(tx, extract_token(mail), "new hash")
        assert (await members.get(tx, member.id)).password_hash == "new hash"
        assert await sessions.find_principal(tx, cookie) is None
        with pytest.raises(NotFoundError):
            await password_resets.reset(tx, extract_token(mail), "another")


async def test_password_reset_link_expires_after_an_hour(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    here = make_site(tmp_path, "open", mail=True)
    await create_member(database, here, "ann")
    async with database.write() as tx:
        await password_resets.request(tx, here, "ann")
    (mail,) = await take_mails(database, here)
    clock.forward(hours=1)
    async with database.write() as tx:
        with pytest.raises(NotFoundError):
            await password_resets.reset(tx, extract_token(mail), "new hash")
        await password_resets.request(tx, here, "ann")
    tokens_sent = {extract_token(new_mail) for new_mail in await take_mails(database, here)}
    assert len(tokens_sent - {extract_token(mail)}) == 1, "a new link can be requested"


# --- passwords and preferences


async def test_settings_are_saved_and_unknown_roles_refused(database: Database, here: NodeContext) -> None:
    member = await create_member(database, here, "ann")
    changed = members.MemberSettings(visibility="unlisted", language="eo", theme="dark")
    async with database.write() as tx:
        await members.set_settings(tx, member, changed)
        assert members.decode_settings(await members.get(tx, member.id)) == changed
        with pytest.raises(InvalidError):
            await members.set_role(tx, member, "king")
