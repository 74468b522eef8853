"""The Question and the votes of peers (FEP-9967) become polls and votes."""

from __future__ import annotations

from activitypub.authority import require_same_origin, same_origin
from activitypub.document import Document
from activitypub.errors import ActivityPubError, AuthorityError
from activitypub.objects import Object, Question, read_object
from fedserver.domain.posts import polls, votes


def get_author_uri(obj: Object) -> str:
    """Return the actor that an object is attributed to: the first of its own origin. Raises AuthorityError.

    PeerTube names a person and a channel; both are of one host, the first is the author.
    """
    for uri in obj.attributed_to:
        if same_origin(obj.id, uri):
            return uri
    raise AuthorityError(f"{obj.id[:200]} is attributed to another origin")


def is_vote(obj: Object) -> bool:
    """Return True for a Note that only names an option of what it answers (FEP-9967): never a post."""
    return obj.kind == "Note" and bool(obj.name and obj.in_reply_to) and not obj.content


def to_remote_vote(actor_uri: str, document: Document) -> votes.RemoteVote | None:
    """Return the vote of an actor that a document is. Returns None for anything else.

    Raises AuthorityError for a vote in the name of another actor.
    """
    try:
        obj = read_object(document)
    except ActivityPubError:
        return None
    if not is_vote(obj) or obj.in_reply_to is None:
        return None
    require_same_origin(actor_uri, obj.id)
    if get_author_uri(obj) != actor_uri:
        raise AuthorityError(f"{obj.id[:200]} is a vote of another actor")
    return votes.RemoteVote(obj.id, obj.in_reply_to, obj.name)


def to_remote_poll(question: Question) -> polls.RemotePoll:
    """Return a poll with its options and the votes that its server counted."""
    return polls.RemotePoll(
        options=tuple(polls.RemoteOption(option.name, option.votes or 0) for option in question.options),
        multiple=question.multiple,
        # The moment at which it was, or will be, closed says more than the one that was planned.
        expires_at=question.closed_at or question.ends_at,
        closed=question.closed,
        voters_count=question.voters,
        names_closing=question.closed_at is not None,
    )
