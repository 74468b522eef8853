"""The first steps of a new member: a picture and a name, interests, people to follow, a first post.

Whether a step is done follows from what the member has, so each can be left out, done elsewhere, or later.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.accounts import featured_tags
from fedserver.domain.auth import members
from fedserver.domain.content import tags
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import featured_tags as featured_tag_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

STEPS = ("profile", "interests", "people", "hello")
SHOWN_MS = 60 * 86_400_000  # after joining; who has not taken them by then does not want to
MAX_POPULAR = 12


class FirstSteps(Struct, frozen=True):
    """The names of the steps that are done."""

    done: frozenset[str]

    @property
    def count(self) -> int:
        """How many steps are done."""
        return len(self.done)

    @property
    def next(self) -> str:
        """The first step that is not done, '' if all are."""
        return next((name for name in STEPS if name not in self.done), "")


async def load(tx: ReadTx, account: AccountRow) -> FirstSteps:
    """Return which steps a member has done."""
    done = {
        "profile": bool(account.avatar_key),
        "interests": await featured_tag_queries.count_by_account(tx, account.id) > 0,
        "people": account.following_count > 0,
        "hello": account.posts_count > 0,
    }
    return FirstSteps(frozenset(name for name, is_done in done.items() if is_done))


async def find_open(tx: ReadTx, member: MemberRow, account: AccountRow) -> FirstSteps | None:
    """Return the steps to remind a member of; None if all are done, dismissed, or long ago."""
    is_over = members.decode_settings(member).first_steps_dismissed or tx.now - member.created_at > SHOWN_MS
    steps = None if is_over else await load(tx, account)
    return steps if steps is not None and steps.next else None


async def dismiss(tx: Tx, member: MemberRow) -> None:
    """Stop reminding a member of the steps."""
    settings = structs.replace(members.decode_settings(member), first_steps_dismissed=True)
    await members.set_settings(tx, member, settings)


async def list_popular_interests(tx: ReadTx, account: AccountRow) -> list[str]:
    """Return names of hashtags that most other members show on their profiles."""
    return await featured_tag_queries.list_popular(tx, account.id, MAX_POPULAR)


def to_tag(interest: str) -> str:
    """Return an interest as the name of a hashtag: several words become one, each with a capital."""
    words = interest.strip().lstrip("#＃").split()
    return words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)


async def add_interests(tx: Tx, account: AccountRow, interests: Sequence[str]) -> None:
    """Show interests as hashtags on a member's profile and follow them. Raises InvalidError."""
    for interest in dict.fromkeys(text for text in interests if text.strip()):
        try:
            name = tags.parse_name(to_tag(interest))
        except NotFoundError as error:
            message = gettext(
                "“%(interest)s” cannot be a hashtag. Please use letters and digits only.",
                interest=interest.strip()[: tags.MAX_NAME],
            )
            raise InvalidError("interests", "is not a hashtag", message=message) from error
        await featured_tags.feature(tx, account, name)
        await tags.follow(tx, account, name)
