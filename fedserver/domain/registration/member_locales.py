"""The language in which people join, as a setting of the new member."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.auth import members
from fedserver.text.locales import is_supported
from storage.engine import Tx
from storage.rows.auth import MemberRow


async def keep_locale(tx: Tx, member: MemberRow, code: str) -> MemberRow:
    """Set the locale of pages and mails to that of the guest; return the row as it is then.

    Nothing happens for a locale without a catalogue: the setting stays automatic.
    """
    if not is_supported(code):
        return member
    settings = structs.replace(members.decode_settings(member), locale=code)
    await members.set_settings(tx, member, settings)
    return structs.replace(member, settings=members.encode(settings).decode())
