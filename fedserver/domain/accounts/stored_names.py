"""Names of remote accounts that were stored before names were checked: corrected once, by a job.

The checks are those of today (`addresses.handles`, `addresses.hosts`, `fedserver.text.sanitize`). A name that
cannot be one is replaced by what is left of it, and the account is fetched again, as its peer knows the right
one.
"""

from __future__ import annotations

from msgspec import structs

from addresses.handles import normalize_username
from fedserver.domain.accounts import profiles
from fedserver.domain.content import post_texts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.text.tokenizer import fold
from storage.engine import ReadTx, Tx
from storage.queries.accounts import stored_names as stored_name_queries
from storage.queries.kernel import settings as setting_queries
from storage.rows.accounts import AccountRow

SETTING = "stored_names_checked"
BATCH_SIZE = 100
MAX_SALVAGED = 30  # characters
UNKNOWN_DOMAIN = "unknown.invalid"  # no host has it (RFC 6761, section 6.4)


async def enqueue_check(tx: Tx) -> None:
    """Enqueue the check of all stored names, once in the life of a node; a new one has none to check."""
    if await setting_queries.find(tx, SETTING) is not None:
        return
    if await stored_name_queries.has_remote(tx):
        await jobs.enqueue(tx, jobs.CheckStoredNames())
    await setting_queries.set_value(tx, SETTING, "true")


async def check(tx: Tx, site: NodeContext, job: jobs.CheckStoredNames) -> None:
    """Check a batch of accounts, and enqueue the next one."""
    rows = await stored_name_queries.list_remote(tx, job.after_id, BATCH_SIZE)
    for row in rows:
        await _check_account(tx, site, row)
    if len(rows) == BATCH_SIZE:
        await jobs.enqueue(tx, jobs.CheckStoredNames(rows[-1].id))


async def _check_account(tx: Tx, site: NodeContext, row: AccountRow) -> None:
    fields = profiles.decode_fields(row)
    corrected = structs.replace(
        row,
        domain=_correct_domain(site, row),
        username=normalize_username(row.username) or _salvage_username(row.username),
        display_name=profiles.clean_remote_name(row.display_name),
        fields=profiles.clean_remote_fields(fields, row.url or row.uri, fields),
    )
    if corrected == row:
        return
    if (corrected.username, corrected.domain) != (row.username, row.domain):
        corrected = await _claim_handle(tx, corrected)
        await jobs.enqueue(tx, jobs.RefreshAccount(row.uri))
    await stored_name_queries.update_names(tx, corrected, fold(corrected.display_name))
    await _correct_mentions(tx, corrected)


def _correct_domain(site: NodeContext, row: AccountRow) -> str:
    """Return the domain in its normal form, else the host of the actor, but never this node's own."""
    host = row.uri.partition("://")[2].partition("/")[0]
    names = (site.links.find_account_domain(name) for name in (row.domain, host))
    return next((name for name in names if name), UNKNOWN_DOMAIN)


def _salvage_username(text: str) -> str:
    """Return what can be in a username, of one that cannot be one."""
    letters = "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter == "_"))
    return letters[:MAX_SALVAGED] or "account"


async def _claim_handle(tx: ReadTx, row: AccountRow) -> AccountRow:
    """Return the account with a username that no other one of its domain has."""
    is_taken = await stored_name_queries.is_handle_taken(tx, row)
    return structs.replace(row, username=f"{row.username}_{row.id}") if is_taken else row


async def _correct_mentions(tx: Tx, row: AccountRow) -> None:
    """Correct what posts that mention an account store about it."""
    fact, changed = post_texts.to_mention_fact(row), {}
    for post_id, text in (await stored_name_queries.load_mentions(tx, row.id)).items():
        facts = post_texts.decode_mentions(text)
        corrected = [fact if known.id == row.id else known for known in facts]
        if corrected != facts:
            changed[post_id] = post_texts.encode(corrected).decode()
    await stored_name_queries.update_mentions(tx, changed)
