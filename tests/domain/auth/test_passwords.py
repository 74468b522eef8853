"""Passwords: hashing, verification and rules."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from fedserver.domain.auth.passwords import Passwords, check_password
from fedserver.domain.kernel.errors import InvalidError


async def test_passwords_are_hashed_and_verified() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    try:
        password_hash = await passwords.hash("correct horse")
        assert password_hash.startswith("$argon2id$")
        assert await passwords.verify(password_hash, "correct horse")
        assert not await passwords.verify(password_hash, "Correct horse")
        assert not await passwords.verify(None, "nobody has this password")
        assert not await passwords.verify("not a hash", "correct horse")
    finally:
        passwords.close()


@pytest.mark.parametrize(
    "password", ["", "short12", "aaaaaaaaaaaa", "ANN@mail.test", "Password", "abc" * 400]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidError):
        check_password(password, "ann", "ann@mail.test")
