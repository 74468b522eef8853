"""Log-in with an identity provider, over real HTTP with real signatures, and forged responses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from fedserver.config import Config, MailConfig, NodeConfig, OidcConfig
from fedserver.domain.auth import member_access, members
from fedserver.runtime.checks.services import check_identity_provider
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow
from storage.tables.auth import sessions
from tests.kit import keys, tls
from tests.kit.clock import Clock
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.provider import (
    ANN_CLAIMS,
    CLIENT,
    ISSUER,
    StubProvider,
    make_config,
    make_unsigned_token,
    sign_with_public_key,
)
from tests.kit.visitors import VisitedPage, Visitor

StartNode = Callable[..., Awaitable[TestNode]]


@pytest.fixture
async def provider(names: tls.LoopbackResolver, clock: Clock) -> AsyncIterator[StubProvider]:
    started = await StubProvider.start(names, clock)
    yield started
    await started.close()


@pytest.fixture
def start_node(start: Start, provider: StubProvider) -> StartNode:
    """Return a function that starts a node with these keys in its section `[oidc]`."""

    async def begin(mail: MailConfig | None = None, **keys_of_section: Any) -> TestNode:
        sections = {"mail": mail} if mail else {}
        return await start(
            "alpha.test", registration="closed", oidc=make_config(**keys_of_section), **sections
        )

    return begin


async def log_in_at_provider(visitor: Visitor, path: str = "/login/provider") -> VisitedPage:
    provider_page = await visitor.open(path)
    assert provider_page.path.startswith("https://id.test/authorize?"), (
        provider_page.status,
        provider_page.path,
        provider_page.text,
    )
    return await visitor.visit(provider_page.path)


async def load_member(node: TestNode, name: str) -> MemberRow:
    async with node.db.read() as tx:
        return await members.get_by_username(tx, name)


async def join(node: TestNode, visitor: Visitor, name: str = "ann") -> VisitedPage:
    page = await log_in_at_provider(visitor)
    assert page.path == "/login/provider/join", page.text
    return await visitor.fill_in(page, "username", username=name)


async def test_new_member_chooses_a_username_and_is_logged_in(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    page = await log_in_at_provider(ann)
    assert 'value="ann"' in page.text
    assert "ann@mail.test" in page.text
    done = await ann.fill_in(page, "username", username="annie")
    assert done.path == "/welcome/profile"
    assert await ann.is_logged_in()
    member = await load_member(node, "annie")
    assert member.approved_at
    assert member.email_confirmed_at
    assert member.password_hash == ""
    assert (member.email, member.role) == ("ann@mail.test", "member")
    assert "Ann A" in done.text
    again = Visitor(node)
    page = await log_in_at_provider(again, "/login/provider?next=/settings/security")
    assert page.path == "/settings/security"
    assert "Connected" in page.text
    assert (await Visitor(node).log_in("annie", "")).status == 401, "there is no password"


async def test_join_with_a_refused_username_can_be_repeated(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    await node.create_member("bob")
    ann = Visitor(node)
    page = await log_in_at_provider(ann)
    for name in ("bob", "a b", "admin", ""):
        refused = await ann.fill_in(page, "username", username=name)
        assert refused.status == 422, name
    assert (await ann.fill_in(page, "username", username="ann")).status == 200
    assert (await ann.fill_in(page, "username", username="ann2")).status == 403, "one joins once"


async def test_join_is_refused_where_sign_up_is_off(start_node: StartNode) -> None:
    node = await start_node()
    ann = Visitor(node)
    page = await log_in_at_provider(ann)
    assert page.status == 403
    assert "connect the account" in page.text
    assert (await ann.open("/login/provider/join")).status == 403
    async with node.db.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 0


async def test_join_page_belongs_to_one_browser(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    ann, eve = Visitor(node), Visitor(node)
    page = await log_in_at_provider(ann)
    assert (await eve.open("/login/provider/join")).status == 403
    assert (await eve.fill_in(page, "username", username="eve")).status == 403
    node.clock.forward(seconds=601)
    assert (await ann.fill_in(page, "username", username="ann")).status == 403


async def test_email_does_not_link_accounts_by_default(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(sign_up=True)
    await node.create_member("ann")
    page = await log_in_at_provider(Visitor(node))
    assert page.status == 403
    assert "There is already a member with your email address" in page.text


async def test_only_a_verified_email_links_accounts(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(link_by_email=True)
    await node.create_member("ann")
    for verified in (False, None, "true", 1, True):
        provider.person |= {"email": "ANN@mail.test", "email_verified": verified}
        ann = Visitor(node)
        page = await log_in_at_provider(ann)
        assert await ann.is_logged_in() is (verified is True), page.text
    provider.person |= {"email": "other@mail.test"}
    assert (await log_in_at_provider(Visitor(node))).path == "/home", "the account is known by its subject"


async def test_email_does_not_link_unconfirmed_members(start_node: StartNode) -> None:
    """Check that the owner of an address does not get the account of somebody who registered with it."""
    node = await start_node(link_by_email=True)
    await node.create_member("eve")
    async with node.db.write() as tx:
        eve = await members.get_by_username(tx, "eve")
        await member_queries.set_email(tx, eve.id, "ann@mail.test")
        await member_queries.set_value(tx, eve.id, "email_confirmed_at", None)
    page = await log_in_at_provider(Visitor(node))
    assert page.status == 403
    assert "No member here is connected" in page.text


async def test_unverified_email_is_confirmed_by_mail(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(sign_up=True, mail=MailConfig(host="mail.test", sender="node@alpha.test"))
    provider.person["email_verified"] = False
    ann = Visitor(node)
    page = await join(node, ann)
    assert page.status == 200
    assert "Check your email" in page.text
    assert not await ann.is_logged_in()
    assert (await load_member(node, "ann")).email_confirmed_at is None
    assert (await log_in_at_provider(ann)).status == 403


# --- forged answers


def sign_with_another_key(provider: StubProvider, claims: dict[str, Any], name: str) -> str:
    """Return a token signed with another key under this key id."""
    key = RSAKey.import_key(keys.rsa(8)[0], {"kid": name})
    return jwt.encode({"alg": "RS256", "kid": name}, claims, key)


SPOILED: tuple[dict[str, Any], ...] = (
    {"aud": "another"}, {"aud": ["another", "third"]}, {"aud": None}, {"aud": [CLIENT, "another"]},
    {"azp": "another"}, {"iss": "https://evil.test"}, {"iss": ISSUER + "/"}, {"iss": None},
    {"nonce": "x" * 43}, {"nonce": None}, {"sub": None}, {"sub": ""}, {"sub": "x" * 256}, {"sub": 7},
    {"exp": 1}, {"exp": None}, {"exp": "soon"}, {"iat": None}, {"iat": 4_000_000_000},
    {"nbf": 4_000_000_000},
)  # fmt: skip


async def test_id_tokens_with_wrong_claims_are_refused(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    for spoil in SPOILED:
        provider.claim_overrides = spoil
        page = await log_in_at_provider(ann)
        assert page.status in (403, 502), spoil
        assert "Traceback" not in page.text, spoil
        assert (await ann.open("/login/provider/join")).status == 403, spoil
    provider.claim_overrides = {}
    assert (await log_in_at_provider(ann)).path == "/login/provider/join", "the right one is taken"


async def test_id_tokens_with_forged_signatures_are_refused(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    forgeries: dict[str, Callable[[dict[str, Any]], str]] = {
        "none": make_unsigned_token,
        "None": lambda claims: make_unsigned_token(claims).replace("bm9uZ", "Tm9uZ"),
        "public key": lambda claims: sign_with_public_key(provider.key, claims),
        "another key": lambda claims: sign_with_another_key(provider, claims, "one"),
        "unknown key": lambda claims: sign_with_another_key(provider, claims, "two"),
        "cut": lambda claims: provider.sign_token(claims)[:-8],
        "words": lambda claims: "not a token",
    }
    for name, forgery in forgeries.items():
        provider.signer = forgery
        assert (await log_in_at_provider(ann)).status == 502, name
        assert (await ann.open("/login/provider/join")).status == 403, name
    provider.signer = provider.sign_token
    assert (await log_in_at_provider(ann)).path == "/login/provider/join", "the right one is taken"


async def test_new_keys_of_the_provider_are_fetched_after_a_minute(
    start_node: StartNode, provider: StubProvider, clock: Clock
) -> None:
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    provider.key = ECKey.import_key(ECKey.generate_key("P-256").as_dict(private=True), {"kid": "two"})
    provider.algorithm = "ES256"
    assert (await log_in_at_provider(Visitor(node))).status == 502, "not more often than once a minute"
    clock.forward(seconds=61)
    ann = Visitor(node)
    await log_in_at_provider(ann)
    assert await ann.is_logged_in()
    assert provider.calls.count("keys") == 2


@pytest.mark.parametrize("kind", ["RSA", "EC"])
async def test_key_exchanged_under_the_same_name_is_read_again_once_a_minute(
    start_node: StartNode, provider: StubProvider, clock: Clock, kind: str
) -> None:
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    if kind == "EC":
        provider.key = ECKey.import_key(ECKey.generate_key("P-256").as_dict(private=True), {"kid": "one"})
        provider.algorithm = "ES256"
    else:
        provider.key = RSAKey.import_key(keys.rsa(8)[0], {"kid": "one"})
    for _ in range(3):
        assert (await log_in_at_provider(Visitor(node))).status == 502, "not more often than once a minute"
    assert provider.calls.count("keys") == 1
    clock.forward(seconds=61)
    for _ in range(3):
        ann = Visitor(node)
        await log_in_at_provider(ann)
        assert await ann.is_logged_in()
    assert provider.calls.count("keys") == 2


async def test_office_behind_one_address_can_log_in(start: Start, provider: StubProvider) -> None:
    node = await start("alpha.test", registration="closed", oidc=make_config(sign_up=True), requests=300)
    for number in range(40):
        provider.person = {**ANN_CLAIMS, "sub": f"person-{number}", "email": f"p{number}@mail.test"}
        person = Visitor(node)
        assert (await join(node, person, f"p{number}")).status == 200
        again = Visitor(node)
        await log_in_at_provider(again)
        assert await again.is_logged_in(), number


async def test_logins_that_fail_at_the_provider_are_limited(start: Start, provider: StubProvider) -> None:
    node = await start("alpha.test", registration="closed", oidc=make_config(), requests=300)
    provider.claim_overrides = {"aud": "another"}
    statuses = [(await log_in_at_provider(Visitor(node))).status for _ in range(26)]
    assert statuses == [502] * 25 + [429]


# --- log-out


async def log_out(visitor: Visitor) -> VisitedPage:
    page = await visitor.open("/settings/profile")
    return await visitor.submit_action(page, "/logout")


async def test_logout_ends_the_login_at_the_provider(start_node: StartNode, provider: StubProvider) -> None:
    provider.metadata = {"end_session_endpoint": "https://id.test/logout?x=1"}
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    ann = Visitor(node)
    page = await log_in_at_provider(ann)
    async with ann.http.get("/settings/profile") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://id.test;" in policy + ";", "browsers follow the redirect of the form"
    page = await log_out(ann)
    target = urlsplit(page.path)
    assert page.path.startswith("https://id.test/logout?x=1&")
    query = parse_qs(target.query)
    assert query["client_id"] == [CLIENT]
    assert query["post_logout_redirect_uri"] == ["https://alpha.test/"]
    claims = jwt.decode(query["id_token_hint"][0], provider.key).claims
    assert (claims["sub"], claims["aud"]) == ("ann-0001", CLIENT)
    assert not await ann.is_logged_in()


async def test_id_token_is_stored_encrypted(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    await log_in_at_provider(Visitor(node))
    async with node.db.read() as tx:
        stored = [value for value in await tx.values(select(sessions.c.sealed_id_token)) if value]
    assert len(stored) == 1
    assert not stored[0].startswith("ey"), "a token is readable"


async def test_logout_at_another_host_goes_by_a_page(start_node: StartNode, provider: StubProvider) -> None:
    provider.metadata = {"end_session_endpoint": "https://elsewhere.test/logout"}
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    ann = Visitor(node)
    await log_in_at_provider(ann)
    page = await log_out(ann)
    assert page.status == 200
    assert 'http-equiv="refresh" content="0; url=https://elsewhere.test/logout?' in page.text
    assert "Log out of Example Org too" in page.text
    assert not await ann.is_logged_in()


@pytest.mark.parametrize("state", ["no endpoint", "an odd endpoint", "broken", "a password"])
async def test_logout_works_without_the_provider(
    start_node: StartNode, provider: StubProvider, clock: Clock, state: str
) -> None:
    if state != "no endpoint":
        address = "javascript:alert(1)" if state == "an odd endpoint" else "https://id.test/logout"
        provider.metadata = {"end_session_endpoint": address}
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    ann = Visitor(node)
    if state == "a password":
        await node.create_member("bob")
        await ann.log_in("bob")
    else:
        await log_in_at_provider(ann)
    if state == "broken":
        provider.is_broken = True
        clock.forward(hours=2)
    assert (await log_out(ann)).path == "/"
    assert not await ann.is_logged_in()


async def test_provider_response_works_once_and_only_in_its_browser(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(sign_up=True)
    ann, eve = Visitor(node), Visitor(node)
    await join(node, ann)
    provider_page = await eve.open("/login/provider")
    async with eve.http.get(provider_page.path, allow_redirects=False) as answer:
        callback = answer.headers["Location"].removeprefix(node.base)
    victim = Visitor(node)
    assert (await victim.open(callback)).status == 403, "another browser has no flow"
    assert not await victim.is_logged_in()
    await victim.open("/login/provider")
    assert (await victim.open(callback)).status == 403, "another flow has another state"
    await eve.open(callback)
    assert await eve.is_logged_in()
    before = provider.calls.count("token")
    assert (await eve.open(callback)).status == 403
    assert provider.calls.count("token") == before, "a replay does not even ask the provider"


async def test_code_unknown_to_the_provider_is_refused(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    provider_page = await ann.open("/login/provider")
    state = parse_qs(urlsplit(provider_page.path).query)["state"][0]
    page = await ann.open(f"/login/provider/back?code=stolen&state={state}")
    assert page.status == 502
    assert "did not work" in page.text
    page = await ann.open(f"/login/provider/back?code=stolen&state={state}")
    assert page.status == 403


async def test_provider_response_without_a_flow_is_refused(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    for query in ("", "code=x", "code=x&state=unknown", "error=access_denied&state=unknown"):
        assert (await Visitor(node).open(f"/login/provider/back?{query}")).status == 403


async def test_denied_login_and_response_of_another_issuer_are_refused(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    for extra, status in (("error=access_denied", 403), ("code=x&iss=https://evil.test", 502)):
        ann = Visitor(node)
        provider_page = await ann.open("/login/provider")
        state = parse_qs(urlsplit(provider_page.path).query)["state"][0]
        assert (await ann.open(f"/login/provider/back?state={state}&{extra}")).status == status


async def test_flow_expires_after_ten_minutes(start_node: StartNode, clock: Clock) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    provider_page = await ann.open("/login/provider")
    clock.forward(seconds=601)
    assert (await ann.visit(provider_page.path)).status == 403


# --- userinfo


async def test_userinfo_completes_the_claims_of_the_same_subject_only(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(sign_up=True)
    provider.person = {"sub": "ann-0001"}
    provider.userinfo = dict(ANN_CLAIMS)
    ann = Visitor(node)
    await join(node, ann)
    assert (await load_member(node, "ann")).email == "ann@mail.test"
    provider.userinfo = {**ANN_CLAIMS, "sub": "bob-0002", "email": "bob@mail.test"}
    page = await log_in_at_provider(Visitor(node))
    assert page.status == 502, "userinfo about another person is refused"


# --- roles and who may come in


async def test_roles_are_mapped_from_claims_at_each_login(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(
        sign_up=True, roles_claim="realm.groups", admins=("it",), moderators=("care", "press")
    )
    provider.person["realm"] = {"groups": ["press", "sports"]}
    await join(node, Visitor(node))
    assert (await load_member(node, "ann")).role == "moderator"
    for groups, role in ((["care", "it"], "admin"), ([], "member"), ("it", "admin"), ({"it": 1}, "member")):
        provider.person["realm"] = {"groups": groups}
        await log_in_at_provider(Visitor(node))
        assert (await load_member(node, "ann")).role == role


async def test_unmapped_owner_role_is_kept(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node(link_by_email=True, roles_claim="groups", admins=("it",))
    await node.create_member("ann", role="owner")
    provider.person["groups"] = []
    await log_in_at_provider(Visitor(node))
    assert (await load_member(node, "ann")).role == "owner"


async def test_login_without_a_permitted_role_is_refused(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(sign_up=True, roles_claim="https://org.test/groups", members=("community",))
    for groups, status in ((["other"], 403), (None, 403), (["community"], 200), ([], 403)):
        provider.person["https://org.test/groups"] = groups
        ann = Visitor(node)
        page = await log_in_at_provider(ann)
        if status == 200:
            await ann.fill_in(page, "username", username="ann")
        assert page.status == status
        assert await ann.is_logged_in() is (status == 200)


async def test_disabled_member_can_only_read_decisions(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
    ann = Visitor(node)
    assert (await log_in_at_provider(ann)).path == "/settings/decisions"
    assert not await ann.is_logged_in()


# --- connecting in the settings


async def test_a_member_connects_and_disconnects(start_node: StartNode, provider: StubProvider) -> None:
    node = await start_node()
    await node.create_member("ann")
    provider.person["email"] = "quite@other.test"
    ann = Visitor(node)
    await ann.log_in("ann")
    page = await log_in_at_provider(ann, "/settings/provider/connect")
    assert page.path == "/settings/security?done=1"
    assert "quite@other.test" in page.text
    other = Visitor(node)
    await log_in_at_provider(other)
    assert await other.is_logged_in()
    await ann.submit_action("/settings/security", "/settings/provider/disconnect")
    assert (await log_in_at_provider(Visitor(node))).status == 403


async def test_identity_belongs_to_one_member(start_node: StartNode) -> None:
    node = await start_node()
    for name in ("ann", "bob"):
        await node.create_member(name)
        visitor = Visitor(node)
        await visitor.log_in(name)
        page = await log_in_at_provider(visitor, "/settings/provider/connect")
        assert page.status == (200 if name == "ann" else 403)


async def test_connecting_requires_the_session_that_started_it(start_node: StartNode) -> None:
    node = await start_node()
    await node.create_member("ann")
    await node.create_member("bob")
    ann = Visitor(node)
    assert (await ann.open("/settings/provider/connect")).path.startswith("/login?next=")
    await ann.log_in("ann")
    provider_page = await ann.open("/settings/provider/connect")
    await ann.log_in("bob")
    assert (await ann.visit(provider_page.path)).status == 403
    node.clock.forward(hours=0.3)
    assert (await ann.open("/settings/provider/connect")).path.startswith("/login/again")


async def test_only_way_to_log_in_cannot_be_disconnected(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    await join(node, ann)
    node.clock.forward(seconds=1)
    assert (await ann.open("/settings/password")).path == "/settings/security"
    await reauthenticate(ann)
    refused = await ann.submit_action("/settings/security", "/settings/provider/disconnect")
    assert refused.status == 422
    assert "only way" in refused.text
    assert (await log_in_at_provider(Visitor(node))).path == "/home"


async def reauthenticate(visitor: Visitor) -> VisitedPage:
    """Log in again at the provider, with the link on the reauthentication page."""
    page = await visitor.open("/settings/email")
    assert "/login/provider?again=1" in page.text
    assert 'name="password"' not in page.text
    return await log_in_at_provider(visitor, "/login/provider?again=1&next=/settings/email")


async def test_member_without_password_reauthenticates_at_the_provider(
    start_node: StartNode, provider: StubProvider, clock: Clock
) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    await join(node, ann)
    assert (await ann.open("/settings/email")).path.startswith("/login/again"), "when was that log-in?"
    assert (await reauthenticate(ann)).path == "/settings/email"
    clock.forward(hours=0.3)
    assert (await ann.open("/settings/email")).path.startswith("/login/again")


async def test_login_without_a_fresh_auth_time_is_no_reauthentication(
    start_node: StartNode, provider: StubProvider, clock: Clock
) -> None:
    node = await start_node(sign_up=True)
    ann = Visitor(node)
    await join(node, ann)
    provider.claim_overrides = {"auth_time": clock.now // 1000 - 3_600}
    page = await log_in_at_provider(ann, "/login/provider?again=1&next=/settings/email")
    assert page.status == 403
    provider.claim_overrides = {"auth_time": clock.now // 1000 + 100_000}
    page = await log_in_at_provider(ann, "/login/provider?again=1&next=/settings/email")
    clock.forward(hours=0.3)
    assert (await ann.open("/settings/email")).path.startswith("/login/again"), "no log-in is in the future"


# --- the provider itself


async def test_provider_in_a_private_network_must_be_allowed(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node(allow_networks=())
    page = await Visitor(node).open("/login/provider")
    assert page.status == 502
    assert provider.calls == []


async def test_metadata_of_another_issuer_or_weak_algorithms_are_refused(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node()
    provider.metadata = {"issuer": "https://evil.test"}
    assert (await Visitor(node).open("/login/provider")).status == 502
    provider.metadata = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    assert (await log_in_at_provider(Visitor(node))).status == 502, "none of its algorithms is taken"


async def test_members_can_use_passwords_while_the_provider_is_down(
    start_node: StartNode, provider: StubProvider
) -> None:
    node = await start_node()
    await node.create_member("ann")
    provider.is_broken = True
    page = await Visitor(node).open("/login/provider")
    assert page.status == 502
    assert "did not work" in page.text
    assert (await Visitor(node).log_in("ann", PASSWORD)).path == "/home"


async def test_provider_pages_are_missing_without_a_provider(start: Start) -> None:
    node = await start("alpha.test")
    assert (await Visitor(node).open("/login/provider")).status == 404
    assert "Log in with" not in (await Visitor(node).open("/login")).text.replace("Log in with a passkey", "")


async def test_login_at_the_provider_continues_with_consent(start_node: StartNode) -> None:
    node = await start_node(sign_up=True)
    await join(node, Visitor(node))
    body = {"client_name": "App", "redirect_uris": "https://app.test/", "scopes": "read"}
    async with node.http.post("/api/v1/apps", data=body) as answer:
        client_id = (await answer.json())["client_id"]
    ann = Visitor(node)
    page = await ann.open(
        f"/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri=https://app.test/"
    )
    link = page.text.partition('href="/login/provider')[2].partition('"')[0]
    consent = await log_in_at_provider(ann, "/login/provider" + link)
    assert consent.path.startswith("/oauth/authorize?")
    assert "Allow an app?" in consent.text


async def test_check_reports_problems_of_the_provider(
    provider: StubProvider, names: tls.LoopbackResolver
) -> None:
    async def problem(**changes: Any) -> str | None:
        node = NodeConfig(domain="alpha.test", base_url="https://alpha.test")
        return await check_identity_provider(Config(node=node, oidc=make_config(**changes)), names)

    assert await problem() is None
    assert provider.calls == ["discovery"]
    assert (
        await check_identity_provider(Config(node=NodeConfig(domain="alpha.test"), oidc=OidcConfig())) is None
    )
    assert "section [oidc]" in (await problem(issuer="https://nowhere.test") or "")
    provider.metadata = {"token_endpoint": "http://id.test/token"}
    assert "http://id.test/token is not https" in (await problem() or "")
    provider.metadata = {"issuer": "https://other.test"}
    assert "not of the configured issuer" in (await problem() or "")
    provider.is_broken = True
    assert "answered 503" in (await problem() or "")
