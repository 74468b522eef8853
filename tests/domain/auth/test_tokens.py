"""Apps, codes, tokens and scopes."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import apps, member_access, members, tokens
from fedserver.domain.auth.tokens import GrantRefusedError, NewToken
from fedserver.domain.kernel import events, scopes
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import Database, Event
from storage.queries.auth import members as member_queries
from storage.rows.auth import AppRow, MemberRow
from tests.kit.clock import Clock
from tests.kit.people import new_keys

BACK = "https://app.test/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def register_app(database: Database, wanted: str = "read write", *uris: str) -> AppRow:
    async with database.write() as tx:
        return (await apps.register(tx, "App", uris or (BACK,), wanted, None)).row


async def create_member(database: Database, here: NodeContext, name: str = "ann") -> MemberRow:
    async with database.write() as tx:
        return (await members.create_approved(tx, here, name, f"{name}@mail.test", "hash", new_keys()))[0]


async def grant_code(database: Database, app: AppRow, member: MemberRow, challenge: str | None = None) -> str:
    async with database.write() as tx:
        account = await accounts.get(tx, await member_queries.find_main_account_id(tx, member.id) or 0)
        return await tokens.grant_code(tx, app, member, account, BACK, ("read",), challenge)


async def exchange(
    database: Database, app: AppRow, code: str, verifier: str | None = None, back: str = BACK
) -> NewToken | None:
    async with database.write() as tx:
        return await tokens.exchange(tx, app, code, back, verifier)


async def is_valid(database: Database, secret: str) -> bool:
    async with database.read() as tx:
        return await tokens.find_principal(tx, secret) is not None


async def test_code_is_exchanged_for_a_token(database: Database, here: NodeContext) -> None:
    app, member = await register_app(database), await create_member(database, here)
    token = await exchange(database, app, await grant_code(database, app, member))
    assert token
    assert token.scopes == ("read",)
    assert set(token.secret) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    async with database.read() as tx:
        principal = await tokens.find_principal(tx, token.secret)
        assert tx.statement_count == 1, "a token is looked up in one statement"
    assert principal
    assert principal.member
    assert principal.account
    assert (principal.member.id, principal.account.username, principal.app_id) == (member.id, "ann", app.id)
    assert principal.scopes == {"read"}


async def test_replayed_code_revokes_its_token(database: Database, here: NodeContext) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member)
    token = await exchange(database, app, code)
    assert token
    assert await is_valid(database, token.secret)
    assert await exchange(database, app, code) is None
    assert not await is_valid(database, token.secret)


async def test_code_replayed_after_its_expiry_revokes_its_token(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member)
    token = await exchange(database, app, code)
    clock.forward(hours=1)
    assert token
    assert await exchange(database, app, code) is None
    assert not await is_valid(database, token.secret)


async def test_concurrent_exchanges_of_a_code_leave_no_valid_token(
    database: Database, here: NodeContext
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member)
    results = await asyncio.gather(*[exchange(database, app, code) for _ in range(5)])
    assert len([token for token in results if token]) == 1
    assert not any([await is_valid(database, token.secret) for token in results if token]), (
        "a race is a replay"
    )


async def test_code_is_bound_to_app_redirect_uri_and_time(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    app, other = await register_app(database), await register_app(database)
    member = await create_member(database, here)
    code = await grant_code(database, app, member)
    with pytest.raises(GrantRefusedError):
        await exchange(database, other, code)
    with pytest.raises(GrantRefusedError):
        await exchange(database, app, code, back=BACK + "/")
    with pytest.raises(GrantRefusedError):
        await exchange(database, app, "x" * 43)
    clock.forward(seconds=599)
    assert await exchange(database, app, code), "refusals did not use it up"
    late = await grant_code(database, app, member)
    clock.forward(seconds=600)
    with pytest.raises(GrantRefusedError):
        await exchange(database, app, late)


@pytest.mark.parametrize("verifier", [None, "", "w" * 64, CHALLENGE])
async def test_exchange_without_the_right_verifier_is_refused(
    database: Database, here: NodeContext, verifier: str | None
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member, CHALLENGE)
    with pytest.raises(GrantRefusedError) as refused:
        await exchange(database, app, code, verifier)
    assert refused.value.code == "invalid_grant"
    assert await exchange(database, app, code, VERIFIER)


async def test_exchange_with_verifier_but_without_challenge_is_refused(
    database: Database, here: NodeContext
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member, None)
    with pytest.raises(GrantRefusedError):
        await exchange(database, app, code, VERIFIER)


async def test_new_password_revokes_codes(database: Database, here: NodeContext) -> None:
    app, member = await register_app(database), await create_member(database, here)
    code = await grant_code(database, app, member)
    async with database.write() as tx:
        await member_access.set_password(tx, member, "other")
    with pytest.raises(GrantRefusedError):
        await exchange(database, app, code)


async def test_app_can_revoke_only_its_own_tokens(database: Database, here: NodeContext) -> None:
    app, other = await register_app(database), await register_app(database)
    token = await exchange(
        database, app, await grant_code(database, app, await create_member(database, here))
    )
    assert token
    heard: list[Event] = []
    revoked = asyncio.Event()

    def hear(event: Event) -> None:
        heard.append(event)
        if event.kind == events.TOKEN_REVOKED:
            revoked.set()

    stop = database.listen(hear)
    with pytest.raises(NotFoundError):
        async with database.write() as tx:
            await tokens.revoke(tx, other, token.secret)
    assert await is_valid(database, token.secret)
    for _ in range(2):
        async with database.write() as tx:
            await tokens.revoke(tx, app, token.secret)
            await tokens.revoke(tx, app, "unknown")
    await asyncio.wait_for(revoked.wait(), 5)  # PostgreSQL tells after a way through the server
    stop()
    assert not await is_valid(database, token.secret)
    assert [each.kind for each in heard if each.kind == events.TOKEN_REVOKED] == [events.TOKEN_REVOKED]


@pytest.mark.parametrize("without", ["email_confirmed_at", "approved_at"])
async def test_token_of_a_pending_member_is_not_valid(
    database: Database, here: NodeContext, without: str
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    token = await exchange(database, app, await grant_code(database, app, member))
    async with database.write() as tx:
        await member_queries.set_value(tx, member.id, without, None)
    assert token
    assert not await is_valid(database, token.secret)


async def test_app_token_has_no_member(database: Database) -> None:
    app = await register_app(database)
    async with database.write() as tx:
        token = await tokens.create(tx, "read", app_id=app.id, member_id=None, account_id=None)
        principal = await tokens.find_principal(tx, token.secret)
    assert principal
    assert principal.member is None
    assert principal.account is None
    assert principal.app_id == app.id


async def test_token_use_is_recorded_once_an_hour(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    app, member = await register_app(database), await create_member(database, here)
    token = await exchange(database, app, await grant_code(database, app, member))
    assert token
    for stale in (True, False):
        async with database.write() as tx:
            principal = await tokens.find_principal(tx, token.secret)
            assert principal
            assert tokens.is_stale(principal, tx.now) is stale
            if stale:
                await tokens.record_use(tx, principal)
    async with database.read() as tx:
        assert (await members.count_by_activity(tx))[1] == 1, "who uses an app is active"
    clock.forward(hours=1)
    async with database.read() as tx:
        principal = await tokens.find_principal(tx, token.secret)
        assert principal
        assert tokens.is_stale(principal, tx.now)


# --- apps


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x",
        "file:///etc",
        "blob:https://app.test/1", "view-source:https://app.test", "/back", "app.test/back", "//app.test", "",
        "https://", "https:///back", "https://app.test/#x", "https://app.test/a b",
        "https://app.test/\r\nX: y",
        "https://app.test;script-src%20*/", "https://app.test,evil.test/", "https://user@app.test/",
        "https://app.test/<b>", "https://[::1", "https://app.test/" + "x" * 2_000,
    ],
)  # fmt: skip
async def test_unsafe_redirect_uris_are_refused(database: Database, uri: str) -> None:
    with pytest.raises(InvalidError):
        await register_app(database, "read", uri)


@pytest.mark.parametrize(
    "uri",
    [
        "urn:ietf:wg:oauth:2.0:oob", "https://app.test/", "http://localhost:3000/cb?x=1", "http://127.0.0.1/",
        "http://[::1]:8000/", "icecubesapp://", "com.app.mastodon:/oauth", "tusky://oauth",
        "https://elk.test/api/h/oauth/https%3A%2F%2Felk.test",
    ],
)  # fmt: skip
async def test_redirect_uris_of_real_apps_are_accepted(database: Database, uri: str) -> None:
    assert apps.decode_redirect_uris(await register_app(database, "read", uri)) == [uri]


async def test_app_is_identified_by_client_id_and_secret(database: Database) -> None:
    async with database.write() as tx:
        registered = await apps.register(tx, "App", [BACK], "read", "javascript:alert(1)")
        app = await apps.find_by_client_id(tx, registered.row.client_id)
        assert app == registered.row
        assert app.website is None
        for wrong in ("", "x\x00", "x" * 500, registered.secret):
            assert await apps.find_by_client_id(tx, wrong) is None
    assert apps.has_secret(registered.row, registered.secret)
    assert not apps.has_secret(registered.row, "")
    assert not apps.has_secret(registered.row, registered.row.secret_hash)


# --- scopes


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [
        ("read", "read:statuses", True), ("read:statuses", "read", False), ("read", "write", False),
        ("read", "admin:read", False), ("admin:read", "admin:read:accounts", True),
        ("follow", "write:mutes", True),
        ("follow", "read:follows", True), ("follow", "write:statuses", False), ("", "read", False),
        ("read:statuses", "read:accounts", False), ("write", "admin:write", False),
    ],
)  # fmt: skip
def test_scopes_cover_what_they_include(granted: str, wanted: str, covered: bool) -> None:
    assert scopes.covers(granted.split(), wanted) is covered


async def test_app_cannot_request_scopes_it_did_not_register(database: Database) -> None:
    app = await register_app(database, "read write:statuses")
    assert tokens.check_scopes(app, "read:accounts write:statuses") == ("read:accounts", "write:statuses")
    with pytest.raises(GrantRefusedError):
        tokens.check_scopes(app, "write")
    with pytest.raises(InvalidError):
        tokens.check_scopes(app, "read everything")


async def test_cached_token_takes_one_statement_and_follows_changes(
    database: Database, here: NodeContext
) -> None:
    ann = await create_member(database, here)
    async with database.write() as tx:
        account_id = await member_queries.find_main_account_id(tx, ann.id)
        token = await tokens.create(tx, "read", app_id=None, member_id=ann.id, account_id=account_id)
    for _ in range(2):
        async with database.read() as tx:
            principal = await tokens.find_principal(tx, token.secret)
            assert principal
            assert principal.account
            assert principal.account.id == account_id
            assert tx.statement_count == 1
    async with database.write() as tx:
        await members.set_role(tx, ann, "admin")
    async with database.read() as tx:
        principal = await tokens.find_principal(tx, token.secret)
        assert principal
        assert principal.member
        assert principal.member.role == "admin"
    async with database.write() as tx:
        await member_access.set_disabled(tx, ann, disabled=True)
    async with database.read() as tx:
        assert await tokens.find_principal(tx, token.secret) is None
