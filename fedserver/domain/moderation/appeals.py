"""Appeals: members say that an act about them was wrong, once within 20 days; moderators look at it again.

docs.joinmastodon.org/entities/Appeal. Somebody else than who decided should look at it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid, NotFound
from fedserver.domain.moderation import admin_accounts, moderation, post_moderation, warnings
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import ActPostRow, ActRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

MAX_TEXT = 2_000
STATES = ("open", "decided")


class AppealView(Struct, frozen=True):
    """An appeal with the act it is against, and the names of who did that and who decided about the appeal.

    `own`: the act is of the moderator who looks.
    """

    row: AppealRow
    act: ActRow
    target: AdminAccountView
    by: str
    decided_by: str
    own: bool
    posts: tuple[ActPostRow, ...]


class Decision(Struct, frozen=True):
    """What is decided about an appeal; `sure`: by the one who acted, and there is nobody else."""

    approved: bool
    answer: str = ""
    sure: bool = False


def state(row: AppealRow) -> str:
    """In the words that clients know."""
    if row.decided_at is None:
        return "pending"
    return "approved" if row.approved else "rejected"


async def file(
    tx: Tx, site: Site, member: MemberRow, account: AccountRow, act_id: int, text: str
) -> AppealRow:
    """Say that an act about oneself was wrong; moderators are told by mail, but for the one who acted.

    Raises NotFound, Invalid; Forbidden too late, or twice.
    """
    told = await warnings.one(tx, account, act_id)
    if not told.appealable:
        raise Forbidden("There is an appeal already, it was taken back, or it is more than 20 days ago")
    if len(text) > MAX_TEXT:
        raise Invalid("text", f"is longer than {MAX_TEXT} characters", "ERR_TOO_LONG")
    said = clean_text(text, MAX_TEXT).strip()
    if not said:
        raise Invalid("text", "can't be blank", "ERR_BLANK")
    row = AppealRow(tx.new_id(), act_id, account.id, said, tx.now, None, None, False, "")
    if not await appeal_queries.add(tx, row):
        raise Forbidden("There is an appeal already")
    await audit_log.add(tx, member, "appeal.file", target=account.uri, subject=_subject(told.row))
    await _tell(tx, site, told.row)
    return row


async def _tell(tx: Tx, site: Site, act: ActRow) -> None:
    """Mail to the moderators who did not act themselves."""
    if not site.config.mail.host:
        return
    subject = f"An appeal at {site.config.community.title}"
    text = f"A member asks for another look at a decision:\n\n{site.links.base}/admin/appeals\n"
    for account_id in await member_queries.moderators(tx):
        moderator = await member_queries.by_account(tx, account_id)
        if moderator is not None and moderator.id != act.actor_member_id:
            await jobs.owe(tx, jobs.SendMail(moderator.email, subject, text))


def _subject(act: ActRow) -> hash_chain.Subject:
    return hash_chain.Subject("appeal", f"entry {act.seq}")


async def count_open(tx: Tx) -> int:
    return await appeal_queries.count_open(tx)


async def of_acts(tx: Tx, act_ids: Sequence[int]) -> dict[int, AppealRow]:
    """By the act that they are against."""
    return await appeal_queries.of_acts(tx, act_ids)


async def page(tx: Tx, moderator: MemberRow, page: Page, state: str) -> list[AppealView]:
    """`state` is open or decided; newest first, for one of the moderators."""
    rows = await appeal_queries.page(tx, page, state)
    if not rows:
        return []
    found = await audit_log.by_ids(tx, [row.act_id for row in rows])
    posts = await audited_post_queries.of_acts(tx, list(found))
    targets = await admin_accounts.load(tx, list({row.account_id for row in rows}))
    ids = {act.actor_member_id for act in found.values()} | {row.decided_by_id for row in rows}
    names = await member_queries.names(tx, [each for each in ids if each is not None])
    return [
        AppealView(
            row,
            act := found[row.act_id],
            targets[row.account_id],
            names.get(act.actor_member_id or 0, ""),
            names.get(row.decided_by_id or 0, ""),
            act.actor_member_id == moderator.id,
            tuple(posts.get(row.act_id, ())),
        )
        for row in rows
    ]


async def decide(tx: Tx, site: Site, moderator: MemberRow, appeal_id: int, decision: Decision) -> AppealRow:
    """Answer an appeal, and take the act back if it was right and is in force. The member is told by mail.

    Raises NotFound; Forbidden if it was decided before, or is not theirs to decide; Invalid if it is turned
    down without a reason, or for one's own act without being sure.
    """
    row = await appeal_queries.by_id(tx, appeal_id)
    act = (await audit_log.by_ids(tx, [row.act_id])).get(row.act_id) if row is not None else None
    if row is None or act is None:
        raise NotFound
    account, member = await moderation.target(tx, moderator, row.account_id)
    answer = clean_text(decision.answer, MAX_TEXT).strip()
    if not decision.approved and not answer:
        raise Invalid("answer", "can't be blank: the member is told why", "ERR_BLANK")
    if not decision.approved and act.actor_member_id == moderator.id and not decision.sure:
        raise Invalid("sure", "is needed: you decided this yourself, and somebody else should look at it")
    row = structs.replace(
        row, decided_at=tx.now, decided_by_id=moderator.id, approved=decision.approved, answer=answer
    )
    if not await appeal_queries.decide(tx, row):
        raise Forbidden("This was decided already")
    if row.approved:
        await _take_back(tx, site, moderator, account, act, answer)
    await audit_log.add(
        tx,
        moderator,
        "appeal.approve" if row.approved else "appeal.reject",
        target=account.uri,
        subject=_subject(act),
        reason=answer,
        shows_reason=not audit_log.names(account, answer),
        undoes_id=act.id if row.approved else None,
    )
    if member is not None:
        await warnings.write(tx, site, member, _told(site, row))
    return row


async def _take_back(
    tx: Tx, site: Site, moderator: MemberRow, account: AccountRow, act: ActRow, answer: str
) -> None:
    """Lift the act, unless a later one of its kind holds, or it is over. Deleted posts do not come back."""
    await post_moderation.unmark(tx, site, account, act)
    kind = act.verb.removeprefix("account.")
    latest = await audit_log.in_force(tx, account.uri, act.verb) if kind in moderation.LIFTS else None
    if latest is not None and latest.id == act.id:
        await moderation.lift(tx, moderator, account.id, kind, answer)


def _told(site: Site, row: AppealRow) -> str:
    said = "You were right" if row.approved else "The moderators looked at it again, and it stays as it is"
    because = f"\nThey write:\n\n{row.answer}\n" if row.answer else ""
    return f"About your appeal: {said}.\n{because}\n{warnings.page(site)}\n"
