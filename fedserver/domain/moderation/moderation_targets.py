"""Whom moderators may act on."""

from __future__ import annotations

from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.text.locales import gettext
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


async def get_target(
    tx: ReadTx, moderator: MemberRow | None, account_id: int
) -> tuple[AccountRow, MemberRow | None]:
    """Return an account that may be moderated, and the member behind it; no moderator means the operator.

    A deleted remote account is one, as what was decided about it stays. Raises NotFoundError; ForbiddenError
    for oneself, and for members of the same or a higher role.
    """
    account = await account_queries.find(tx, account_id)
    if account is None or (account.deleted_at is not None and not account.domain):
        raise NotFoundError
    if not account.domain and account.kind == "Application":
        raise ForbiddenError(gettext("This account belongs to the server and cannot be moderated."))
    member = None if account.domain else await member_queries.find_by_account(tx, account.id)
    if moderator is not None and member is not None:
        if member.id == moderator.id:
            raise ForbiddenError(gettext("You cannot moderate your own account."))
        if member.role != "member" and not members.outranks(moderator, member):
            raise ForbiddenError(
                gettext("This member has the same role as you or a higher one. Ask an owner to decide.")
            )
    return account, member
