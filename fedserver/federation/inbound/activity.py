"""What a verb is handed: an activity whose signer was checked, and what was fetched for it."""

from __future__ import annotations

from msgspec import Struct

from activitypub.activities import Activity
from activitypub.reactions import Reaction
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import remote_posts, votes
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class InboundActivity(Struct, frozen=True, kw_only=True):
    """An activity to be carried out. `actor` is who signed it."""

    site: NodeContext
    activity: Activity
    actor: AccountRow
    remote_post: remote_posts.RemotePost | None = (
        None  # the object, where it is a post that came with the activity
    )
    post: PostRow | None = None  # the object, where it is a post that we have
    inner: Activity | None = None  # the object, where it is an activity
    moved_account: AccountRow | None = None  # the object of a Move
    target: AccountRow | None = None  # and where it moves, read anew
    reaction: Reaction | None = None  # with what the actor likes `post`
    votes: tuple[votes.RemoteVote, ...] = ()  # the objects, where they are votes in a poll


class IgnoredError(Exception):
    """There is nothing to be done with it: why, for the log."""
