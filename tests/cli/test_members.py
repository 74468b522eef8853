"""`fedserver member …` for somebody who lost their device."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pyotp
from click.testing import CliRunner

from fedserver.cli.commands import main
from fedserver.domain.auth import members, two_factor
from storage.clock import system_clock
from storage.opening import open_database


async def _turn_on(url: str) -> None:
    database = await open_database(url, system_clock)
    async with database.write() as tx:
        ann = await members.get_by_username(tx, "ann")
        secret = two_factor.new_secret()
        await two_factor.enable_app(tx, ann, secret, pyotp.TOTP(secret).at(int(time.time())))
    await database.close()


async def _is_on(url: str) -> bool:
    database = await open_database(url, system_clock)
    async with database.read() as tx:
        state = await two_factor.load_state(tx, await members.get_by_username(tx, "ann"))
    await database.close()
    return state.on or state.codes_left > 0


def test_reset_2fa_removes_the_second_factor(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/node.sqlite3"
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "{url}"\n')
    runner, given = CliRunner(), ["--config", str(config)]
    added = ["member", "add", "ann", "--email", "ann@mail.test", "--password", "a fine password", *given]
    assert runner.invoke(main, added).exit_code == 0
    asyncio.run(_turn_on(url))
    assert asyncio.run(_is_on(url))
    done = runner.invoke(main, ["member", "reset-2fa", "ann", *given])
    assert done.exit_code == 0
    assert "password alone" in done.output
    assert not asyncio.run(_is_on(url))
    unknown = runner.invoke(main, ["member", "reset-2fa", "nobody", *given])
    assert unknown.exit_code == 1
    assert "no member named nobody" in unknown.output
    assert runner.invoke(main, ["token", "create", "ann", *given]).exit_code == 0
    log = runner.invoke(main, ["log", "verify", *given])
    assert log.output.startswith("Entries 1 to 3 are as they were written"), "what operators do is in the log"
