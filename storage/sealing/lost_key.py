"""What is left to do when the key is lost with which the secrets in a database were sealed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.sealing.box import SecretBox
from storage.sealing.columns import CHECK_NAME, encode_check
from storage.sealing.contexts import describe_account_key
from storage.tables.accounts import keys
from storage.tables.auth import second_steps
from storage.tables.kernel import settings
from storage.tables.notifications import push_keys, push_subscriptions


class LocalKey(Struct, frozen=True):
    """A key of an account of ours, of which only the public part can be read."""

    account_id: int
    uri: str
    kind: str


LIST_LOCAL_KEYS = select(keys.c.account_id, keys.c.uri, keys.c.kind).where(keys.c.private.is_not(None))
SET_KEY_PAIR = (
    update(keys)
    .where(keys.c.uri == bindparam("b_uri"))
    .values(public=bindparam("b_public"), private=bindparam("b_private"))
)
CLEAR_TWO_FACTOR = update(second_steps).where(second_steps.c.secret.is_not(None)).values(secret=None)
DELETE_PUSH = (delete(push_subscriptions), delete(push_keys))
SET_CHECK = update(settings).where(settings.c.name == CHECK_NAME).values(value=bindparam("b_value"))


async def list_local_keys(tx: ReadTx) -> list[LocalKey]:
    """Return the keys of accounts of ours."""
    return [LocalKey(*row) for row in await tx.all(LIST_LOCAL_KEYS)]


async def replace_secrets(tx: Tx, box: SecretBox, pairs: Mapping[str, tuple[str, str]]) -> int:
    """Seal for another key after the former one was lost; return how many members lose their second step.

    `pairs` are new keys by URI, public and private. What cannot be generated again is removed: secrets of
    authenticator apps, which leave their members the recovery codes, and subscriptions to push messages.
    """
    await tx.run_many(
        SET_KEY_PAIR,
        [
            {"b_uri": uri, "b_public": public, "b_private": tx.seal(private, describe_account_key(uri))}
            for uri, (public, private) in pairs.items()
        ],
    )
    for statement in DELETE_PUSH:
        await tx.run(statement)
    members = await tx.run(CLEAR_TWO_FACTOR)
    await tx.run(SET_CHECK, b_value=encode_check(box))
    return members
