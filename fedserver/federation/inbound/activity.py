"""The input of an inbound verb: an activity whose signer was verified, and what was fetched for it."""

from __future__ import annotations

from msgspec import Struct

from activitypub.activities import Activity
from activitypub.reactions import Reaction
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import remote_content, votes
from fedserver.federation.convert import local_addresses
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class InboundActivity(Struct, frozen=True, kw_only=True):
    """An activity to be applied. `actor` is the account that signed it."""

    site: NodeContext
    activity: Activity
    actor: AccountRow
    received_at: int = 0  # ms UTC
    target_id: int | None = None  # the member to whose own inbox it came
    remote_post: remote_content.RemotePost | None = None  # the object, if it is an embedded post
    post: PostRow | None = None  # the object, if it is a stored post
    inner: Activity | None = None  # the object, if it is an activity
    moved_account: AccountRow | None = None  # the object of a Move
    target: AccountRow | None = None  # the account that a Move leads to, just fetched
    reaction: Reaction | None = None  # the emoji with which the actor likes `post`
    votes: tuple[votes.RemoteVote, ...] = ()  # the objects, if they are votes in a poll
    is_new: bool = False  # `remote_post` is updated, but was not stored here when the activity was prepared
    is_revised: bool = False  # `remote_post` says something else than the version that is stored


async def get_member(tx: ReadTx, site: NodeContext, uri: str | None) -> AccountRow:
    """Return the member's account that an activity is about. Raises IgnoredError for any other object."""
    account = await find_account(tx, site, uri)
    if account is None or account.domain:
        raise IgnoredError("its object is not a member")
    return account


async def find_account(tx: ReadTx, site: NodeContext, uri: str | None) -> AccountRow | None:
    """Return a stored account by its id; that of a member in whatever spelling."""
    if not uri:
        return None
    account = await accounts.find_by_uri(tx, uri)
    if account is None and (own_uri := await local_addresses.find_id(tx, site.links, uri)) is not None:
        account = await accounts.find_by_uri(tx, own_uri)
    return account


class IgnoredError(Exception):
    """An activity has no effect here. The message is the reason, for the log."""
