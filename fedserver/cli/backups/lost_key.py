"""New keys for everything that was sealed with a key that is lost."""

from __future__ import annotations

from collections.abc import Mapping

import click
from msgspec import Struct

from fedserver.config import Config
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.federation.keys import generate
from fedserver.text.locales import gettext
from storage.clock import system_clock
from storage.engine import Tx
from storage.opening import open_database, upgrade_database
from storage.queries.accounts import accounts as account_queries
from storage.sealing import columns, lost_key
from storage.sealing.box import SecretBox


class ReplacedKeys(Struct, frozen=True):
    """The number of accounts with new keys, and of members who lost the secret of their authenticator app."""

    accounts: int
    members: int


async def replace_keys(config: Config, box: SecretBox) -> ReplacedKeys:
    """Give every account new keys, in one transaction. Raises click.ClickException if the key is not lost."""
    await upgrade_database(config.database.url, config.database.direct_url)
    db = await open_database(config.database.url, system_clock, box, config.database.direct_url)
    try:
        async with db.read() as tx:
            check = await columns.find_check(tx)
            local_keys = await lost_key.list_local_keys(tx)
        if check is None or columns.matches_key(box, check):
            raise click.ClickException(
                gettext("%(path)s is the key of this database: nothing has to be replaced.", path=box.path)
            )
        pairs = await _generate_pairs(local_keys)
        async with db.write() as tx:
            members = await _replace(tx, box, local_keys, pairs)
    finally:
        await db.close()
    return ReplacedKeys(len({key.account_id for key in local_keys}), members)


async def _generate_pairs(local_keys: list[lost_key.LocalKey]) -> dict[str, tuple[str, str]]:
    """Return a public and a private part for each URI; outside of transactions, as that takes long."""
    pairs: dict[str, tuple[str, str]] = {}
    for account_id in {key.account_id for key in local_keys}:
        new = await generate()
        parts = {
            "rsa": (new.rsa_public, new.rsa_private),
            "ed25519": (new.ed25519_public, new.ed25519_private),
        }
        pairs |= {key.uri: parts[key.kind] for key in local_keys if key.account_id == account_id}
    return pairs


async def _replace(
    tx: Tx, box: SecretBox, local_keys: list[lost_key.LocalKey], pairs: Mapping[str, tuple[str, str]]
) -> int:
    await audit_log.record(tx, None, "node.keys", target="")
    members = await lost_key.replace_secrets(tx, box, pairs)
    for account_id in sorted({key.account_id for key in local_keys}):
        await account_queries.touch(tx, account_id)
        # Peers read the actor again, and its new keys with it.
        await jobs.enqueue(tx, jobs.UpdateAccount(account_id))
    return members
