"""The tokens of `fedserver check` that a running node accepts."""

from __future__ import annotations

from fedserver.domain.auth import attempts
from fedserver.runtime.self_check import CONTEXT, MAX_TOKEN_AGE_MS
from storage.engine import Database
from storage.sealing.box import SecretBox

# For as long as the token of a clock that is ahead is valid. In the database, which all processes share.
ONCE = attempts.AttemptLimit(max_attempts=1, window_ms=2 * MAX_TOKEN_AGE_MS)


class CheckTokens:
    """Accepts each token once, whichever process of the node it is shown to."""

    def __init__(self, box: SecretBox, db: Database) -> None:
        self._box = box
        self._db = db

    async def consume(self, token: str) -> bool:
        """Return True for a valid token that was not used before.

        Only who has the seal key causes a statement. Raises DatabaseUnavailableError.
        """
        text = self._decrypt(token)
        moment = text.partition(":")[0]
        # guard: age of the tokens of `fedserver check` @true
        if not moment.isdigit() or abs(self._db.clock() - int(moment)) > MAX_TOKEN_AGE_MS:
            return False
        async with self._db.write() as tx:
            is_first = await attempts.try_count(tx, f"check:{text}", ONCE)
        # guard: tokens of `fedserver check` count once @true
        return is_first

    def _decrypt(self, token: str) -> str:
        if not token or len(token) > 500 or not token.isascii():
            return ""
        try:
            return self._box.decrypt(token, CONTEXT) or ""
        except OSError:
            return ""
