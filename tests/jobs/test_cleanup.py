"""The hourly clean-up ends what anyone can make a node keep, and nothing that members use."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table, func, select

from fedserver.config import MailConfig
from fedserver.domain.auth import apps, challenges, invitations, login, tokens
from fedserver.domain.content import tags
from fedserver.domain.peers import peers
from fedserver.domain.registration import signup_expiry
from fedserver.jobs.cleanup import CleanupWorker
from storage.queries.content import tags as tag_queries
from storage.queries.registration import email_blocks as email_block_queries
from storage.rows.registration import EmailDomainBlockRow
from storage.tables import accounts as account_tables
from storage.tables import auth, content, registration
from storage.tables import peers as peer_tables
from tests.kit.api import Api
from tests.kit.mails import take_mails
from tests.kit.nodes import PASSWORD, Start, TestNode

OOB = "urn:ietf:wg:oauth:2.0:oob"
MAIL = MailConfig(host="mail.test", sender="node@alpha.test")


async def count(node: TestNode, table: Table) -> int:
    async with node.db.read() as tx:
        return int(await tx.value(select(func.count()).select_from(table)))


async def clean_up(node: TestNode, **later: float) -> None:
    node.clock.forward(**later)
    await CleanupWorker(node.node.services).run()


async def register_app(node: TestNode) -> dict[str, Any]:
    body = {"client_name": "App", "redirect_uris": OOB, "scopes": "read write"}
    app: dict[str, Any] = await Api(node).post("/api/v1/apps", **body)
    return app


async def create_app_token(node: TestNode, app: dict[str, Any]) -> Api:
    secrets = {name: app[name] for name in ("client_id", "client_secret")}
    token = await Api(node).post("/oauth/token", grant_type="client_credentials", **secrets)
    return Api(node, token["access_token"])


async def test_apps_that_no_member_used_are_deleted_after_a_day(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    member = await node.load_member(ann)
    for _ in range(3):
        await register_app(node)
    used = await register_app(node)
    async with node.db.write() as tx:
        app = await apps.find_by_client_id(tx, used["client_id"])
        assert app is not None
        await tokens.grant_code(tx, app, member, ann, OOB, ("read",), None)
    await clean_up(node, hours=23)
    assert await count(node, auth.apps) == 4
    await clean_up(node, hours=2)
    assert await count(node, auth.apps) == 1
    await clean_up(node, hours=24 * 365)
    assert await count(node, auth.apps) == 1, "a member used it: posts may name it"
    assert await count(node, auth.codes) == 0


async def test_tokens_of_apps_alone_are_few_and_end_when_they_are_not_used(start: Start) -> None:
    node = await start("alpha.test")
    app = await register_app(node)
    api = await create_app_token(node, app)
    for _ in range(tokens.MAX_TOKENS_OF_APP - 1):
        newest = await create_app_token(node, app)
    assert (await api.request("GET", "/api/v1/apps/verify_credentials")).status == 200
    newest = await create_app_token(node, app)
    assert await count(node, auth.tokens) == tokens.MAX_TOKENS_OF_APP
    assert (await api.request("GET", "/api/v1/apps/verify_credentials")).status == 401
    for _ in range(3):
        await clean_up(node, hours=24 * 20)
        assert (await newest.request("GET", "/api/v1/apps/verify_credentials")).status == 200
    assert await count(node, auth.tokens) == 1
    assert await count(node, auth.apps) == 1
    await clean_up(node, hours=24 * 31)
    assert await count(node, auth.tokens) == 0
    assert await count(node, auth.apps) == 0


async def test_tokens_of_members_end_a_month_after_they_are_revoked(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    kept = Api(node, await node.create_token(ann))
    await node.create_token(ann)
    async with node.db.write() as tx:
        newest = max(await tx.values(select(auth.tokens.c.id)))
        await tokens.revoke_by_id(tx, newest)
    await clean_up(node, hours=24 * 29)
    assert await count(node, auth.tokens) == 2
    await clean_up(node, hours=24 * 400)
    assert await count(node, auth.tokens) == 1
    assert (await kept.request("GET", "/api/v1/accounts/verify_credentials")).status == 200


async def sign_up(node: TestNode, name: str) -> int:
    form = {"username": name, "email": f"{name}@mail.test", "password": PASSWORD, "reason": "please"}
    async with node.http.post("/signup", data=form, allow_redirects=False) as answer:
        return answer.status


async def test_members_who_do_not_confirm_their_address_are_deleted_after_a_week(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    await node.create_member("ann")
    assert await sign_up(node, "bob") == 200
    before = await count(node, account_tables.accounts)
    await clean_up(node, hours=24 * 6)
    assert await count(node, auth.members) == 2
    await clean_up(node, hours=24 * 1.1)
    assert await count(node, auth.members) == 1
    assert await count(node, account_tables.accounts) == before - 1
    assert await count(node, auth.one_time_links) == 0
    assert await sign_up(node, "bob") == 200, "username and address are free again"


async def test_member_with_a_link_that_works_may_still_confirm(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    await sign_up(node, "bob")
    node.clock.forward(hours=24 * 6)
    async with node.db.write() as tx:
        await tx.run(auth.one_time_links.update().values(expires_at=tx.now + 72 * 3_600_000))
    await clean_up(node, hours=24 * 2)
    assert await count(node, auth.members) == 1
    await clean_up(node, hours=24 * 2)
    assert await count(node, auth.members) == 0


async def test_sign_ups_that_nobody_reviewed_end_after_half_a_year(start: Start) -> None:
    node = await start("alpha.test", registration="approval")
    await node.create_member("ann")
    assert await sign_up(node, "bob") == 200
    await clean_up(node, hours=24 * 179)
    assert await count(node, auth.members) == 2
    await clean_up(node, hours=24 * 2)
    assert await count(node, auth.members) == 1


async def take_expiry_mails(node: TestNode) -> list[str]:
    """Return who is sent that their sign-up expired: those mails lead to the form."""
    return [mail.to for mail in await take_mails(node.db, node.site) if f"{node.base}/signup" in mail.text]


async def test_expired_sign_up_of_a_confirmed_address_gets_a_mail(start: Start) -> None:
    node = await start("alpha.test", registration="approval", mail=MAIL)
    await node.create_member("ann")
    assert await sign_up(node, "bob") == 200
    async with node.db.write() as tx:
        where = auth.members.c.email == "bob@mail.test"
        await tx.run(auth.members.update().where(where).values(email_confirmed_at=tx.now))
    await clean_up(node, hours=24 * 179)
    assert await take_expiry_mails(node) == []
    await clean_up(node, hours=24 * 2)
    assert await count(node, auth.members) == 1
    assert await take_expiry_mails(node) == ["bob@mail.test"]


async def test_sign_up_that_expires_unconfirmed_gets_no_mail(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    await node.create_member("ann")
    await sign_up(node, "bob")
    await clean_up(node, hours=24 * 8)
    assert await count(node, auth.members) == 1
    assert await take_expiry_mails(node) == []


async def test_invitations_end_a_month_after_they_are_over(start: Start) -> None:
    node = await start("alpha.test", registration="invite")
    ann = await node.create_member("ann", "admin")
    member = await node.load_member(ann)
    async with node.db.write() as tx:
        for days, uses in ((1, 1), (None, 1), (None, 1), (None, 2), (1, 1)):
            await invitations.create(tx, member, uses=uses, days=days)
        ids = sorted(await tx.values(select(auth.invitations.c.id)))
        await invitations.revoke(tx, member, ids[1])
        await tx.run(auth.invitations.update().where(auth.invitations.c.id == ids[2]).values(uses=1))
        await tx.run(auth.members.update().values(invitation_id=ids[4]))
    await clean_up(node, hours=24 * 29)
    assert await count(node, auth.invitations) == 5
    await clean_up(node, hours=24 * 3)
    async with node.db.read() as tx:
        left = sorted(await tx.values(select(auth.invitations.c.id)))
    assert left == [ids[3], ids[4]], "one can still be used, and one brought a member"


async def test_sign_up_is_refused_while_too_many_wait(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await start("alpha.test", registration="approval")
    monkeypatch.setattr(signup_expiry, "MAX_WAITING", 2)
    assert [await sign_up(node, name) for name in ("bob", "cat", "dan")] == [200, 200, 422]


async def test_counts_challenges_links_and_sessions_end(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    await node.create_member("ann")
    form = {"username": "ann", "password": PASSWORD}
    async with node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    async with node.http.post("/forgot", data={"login": "ann"}) as answer:
        assert answer.status == 200
    async with node.db.write() as tx:
        await login.count_attempt(tx, "nobody", "192.0.2.1")
        await challenges.create(tx, challenges.PASSKEY, "browser:x")
        await email_block_queries.insert_domain(tx, EmailDomainBlockRow(tx.new_id(), "spam.example", tx.now))
        [block_id] = await tx.values(select(registration.email_domain_blocks.c.id))
        await email_block_queries.upsert_attempt(tx, block_id, tx.now // 86_400_000, "192.0.2.1")
    tables = (
        auth.sessions,
        auth.one_time_links,
        auth.attempt_counts,
        auth.challenges,
        registration.email_domain_attempts,
    )
    for table in tables:
        assert await count(node, table) > 0, table.name
    await clean_up(node, hours=24 * 61)
    for table in tables:
        assert await count(node, table) == 0, table.name


async def test_unused_tags_and_peers_end(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.publish(ann, "about #bees")
    async with node.db.write() as tx:
        await tag_queries.load_or_insert(tx, {"spam": "spam", "followed": "followed", "decided": "decided"})
        rows = {row.name: row for row in await tag_queries.load_by_names(tx, ["followed", "decided"])}
        await tags.follow(tx, ann, "followed")
        await tx.run(
            content.tags.update().where(content.tags.c.id == rows["decided"].id).values(usable=False)
        )
        await peers.ensure(tx, "gone.test")
        await peers.decide(tx, None, "blocked.test", peers.PeerDecision("block"))
    await clean_up(node, hours=24 * 8)
    async with node.db.read() as tx:
        names = set(await tx.values(select(content.tags.c.name)))
    assert names == {"bees", "followed", "decided"}
    assert await count(node, peer_tables.peers) == 2
    await clean_up(node, hours=24 * 23)
    async with node.db.read() as tx:
        assert await tx.values(select(peer_tables.peers.c.domain)) == ["blocked.test"]
