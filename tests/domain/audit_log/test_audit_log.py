"""The moderation log: concurrent writers, and detection of every kind of manipulation."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import convert
from msgspec import json as encoding
from sqlalchemy import text

from fedserver.cli.commands import main
from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.auth import members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import moderation, report_filing, reports
from fedserver.domain.peers import peers
from storage.engine import Database, Page
from storage.errors import ConflictError, StorageError
from storage.opening import open_database
from tests.kit.clock import START, Clock
from tests.kit.people import create_remote_account, new_keys

WRITERS, EACH = 6, 4


async def write_entries(database: Database, name: str, number: int = EACH) -> None:
    for turn in range(number):
        async with database.write() as tx:
            reason = f"because {name}"
            await audit_log.record(
                tx, None, "report.resolve", target=f"{name}{turn}", reason=reason, shows_reason=True
            )
            await audit_log.record(
                tx, None, "peer.note", target=name, subject=hash_chain.LogSubject("peer", name)
            )


async def test_concurrent_writers_do_not_fork_the_chain(database: Database, database_url: str) -> None:
    other = await open_database(database_url, Clock(START + 1_000_000))
    writers = [database, other] * (WRITERS // 2)
    await asyncio.gather(*[write_entries(writer, f"w{number}.test") for number, writer in enumerate(writers)])
    await other.close()
    async with database.read() as tx:
        result = await audit_log.verify(tx)
        assert (result.first, result.last) == (1, WRITERS * EACH * 2)
        rows = await audit_log.list_page(tx, Page(limit=99))
    assert len({row.previous_hash for row in rows}) == len(rows)
    with pytest.raises(RuntimeError):
        async with database.write() as tx:
            await audit_log.record(tx, None, "report.resolve", target="x")
            raise RuntimeError
    async with database.read() as tx:
        assert await audit_log.verify(tx, rows[3].hash) == result, "what was rolled back left nothing"


async def test_concurrent_decisions_about_one_subject_do_not_deadlock(
    database: Database, here: NodeContext
) -> None:
    """Limit an account of a peer, decide about the peer, and resolve the report, each by another member."""
    async with database.write() as tx:
        eve, bob = await create_remote_account(tx, "eve"), await create_remote_account(tx, "bob")
        report = await report_filing.file(tx, here, bob, report_filing.NewReport(target_id=eve.id))
        mod, account = await members.create_approved(
            tx, here, "mod", "mod@mail.test", "hash", new_keys(), role="moderator"
        )

    async def limit(turn: int) -> None:
        async with database.write() as tx:
            if turn % 2:
                await moderation.revoke(tx, None, eve.id, "silence")
            else:
                await moderation.apply(tx, here, None, eve.id, moderation.ModerationAction("silence"))

    async def decide(turn: int) -> None:
        async with database.write() as tx:
            severity = "block" if turn % 2 else "limit"
            await peers.decide(tx, None, eve.domain, peers.PeerDecision(severity))

    async def assign(turn: int) -> None:
        async with database.write() as tx:
            await reports.reopen(tx, mod, report.id)
            await reports.assign(tx, mod, report.id, account.id)

    for turn in range(4):
        await asyncio.wait_for(asyncio.gather(limit(turn), decide(turn), assign(turn)), 5)
    async with database.read() as tx:
        assert (await audit_log.verify(tx)).last > 12


async def run_statements(database: Database, *statements: str) -> None:
    async with database.write() as tx:
        for statement in statements:
            await tx.run(text(statement))


async def verify_and_get_error(database: Database, noted: str = "") -> str:
    with pytest.raises(hash_chain.ChainBrokenError) as raised:
        async with database.read() as tx:
            await audit_log.verify(tx, noted)
    return str(raised.value)


async def test_changes_of_written_entries_are_refused_or_detected(
    database: Database, database_url: str
) -> None:
    """Check that triggers refuse changes, and that changes without triggers are found."""
    await write_entries(database, "beta.test", 2)
    for wrong in (
        "UPDATE acts SET verb = 'peer.allow' WHERE seq = 2",
        "UPDATE acts SET target = 'gamma.test' WHERE seq = 2",
        "UPDATE acts SET reason = 'better', reason_salt = '' WHERE seq = 1",
        "UPDATE acts SET hash = 'x'",
        "DELETE FROM acts WHERE seq = 4",
    ):
        with pytest.raises((ConflictError, StorageError)):
            await run_statements(database, wrong)
    await run_statements(database, "UPDATE acts SET target = '', target_salt = '' WHERE seq = 2")
    async with database.read() as tx:
        good = await audit_log.verify(tx)
    assert "noted: 00" in await verify_and_get_error(database, "00")
    if not database_url.startswith("sqlite"):
        return
    await run_statements(database, "DROP TRIGGER acts_tell", "DROP TRIGGER acts_stay")
    for change, undo, problem in (
        (
            "verb = 'peer.allow' WHERE seq = 2",
            "verb = 'peer.note' WHERE seq = 2",
            "Entry 2 was changed: its hash",
        ),
        (
            "target = 'x' WHERE seq = 3",
            "target = 'beta.test1' WHERE seq = 3",
            "Entry 3 was changed: its subject",
        ),
        ("target = 'x' WHERE seq = 2", "target = '' WHERE seq = 2", "Entry 2 was changed: its subject"),
        (
            "reason = 'x' WHERE seq = 1",
            "reason = 'because beta.test' WHERE seq = 1",
            "Entry 1 was changed: its reason",
        ),
        ("seq = 9 WHERE seq = 3", "seq = 3 WHERE seq = 9", "Entry 3 is missing"),
        ("seq = 9 WHERE seq = 1", "seq = 1 WHERE seq = 9", "Entry 1 is missing"),
        (
            "at = 5 WHERE seq = 4",
            f"at = {await load_newest_time(database)} WHERE seq = 4",
            "Entry 4 was changed: its hash",
        ),
    ):
        await run_statements(database, f"UPDATE acts SET {change}")
        assert (await verify_and_get_error(database)).startswith(problem), change
        await run_statements(database, f"UPDATE acts SET {undo}")
    async with database.read() as tx:
        assert await audit_log.verify(tx) == good
    await run_statements(database, "DELETE FROM acts WHERE seq = 4")
    assert await verify_and_get_error(database) == (
        "The log ends with entry 3, but its end was noted as entry 4."
    )
    await run_statements(database, "UPDATE act_heads SET seq = 3")
    assert (await verify_and_get_error(database)).startswith("Entry 3 is the last, but its hash")
    await run_statements(database, "UPDATE act_heads SET hash = (SELECT hash FROM acts WHERE seq = 3)")
    assert (
        await verify_and_get_error(database, good.hash)
        == f"No entry has the hash that you noted: {good.hash}"
    )


async def load_newest_time(database: Database) -> int:
    async with database.read() as tx:
        return (await audit_log.list_page(tx, Page()))[0].at


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_command_checks_a_database_and_a_file(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    config, file = tmp_path / "fedserver.toml", tmp_path / "log.json"
    config.write_text(f'[database]\nurl = "{database_url}"\n')

    async def verify(*options: str) -> tuple[int, str]:
        arguments = ["log", "verify", "--config", str(config), *options]
        result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
        return result.exit_code, result.output

    assert await verify() == (0, "The log is empty.\n")
    await write_entries(database, "beta.test")
    async with database.read() as tx:
        pages = [
            [hash_chain.to_entry(row) for row in await audit_log.list_page(tx, Page(5, max_number))]
            for max_number in (9, 6, 3)
        ]
    newest = pages[0][0].hash
    held = (0, f"Entries 1 to 8 are as they were written. The hash of the last one is:\n{newest}\n")
    assert await verify() == held
    file.write_bytes(b"\n".join(encoding.encode(page) for page in pages))
    assert await verify(str(file)) == held == await verify(str(file), "--hash", pages[1][0].hash)
    file.write_bytes(encoding.encode(pages[1]))
    code, output = await verify(str(file))
    assert code == 0
    assert output.startswith("Entries 1 to 5 ")

    async def verify_changed(change: Any) -> str:
        entries: list[dict[str, Any]] = json.loads(encoding.encode([*pages[0], *pages[1][2:]]))
        change(entries)
        file.write_text(json.dumps(entries))
        code, output = await verify(str(file))
        assert code == 1
        assert output.count("\n") == 1
        return output.removeprefix("Error: ").rstrip()

    assert await verify_changed(lambda all: all[2].update(role="node")) == (
        "Entry 6 was changed: its hash does not match."
    )
    assert await verify_changed(lambda all: all[3].update(reason="nicer")) == (
        "Entry 5 was changed: its reason is another one."
    )
    assert await verify_changed(lambda all: all[3].update(forge_entry(all[3]))) == (
        "Entry 6 does not follow from entry 5: one of them was changed."
    )
    assert await verify_changed(lambda all: all.pop(2)) == "Entry 6 is missing."
    assert "Entry 8 is in the file twice" in await verify_changed(
        lambda all: all.append({**all[0], "hash": "0"})
    )
    assert "does not hold pages of a log" in await verify_changed(lambda all: all[0].pop("seals"))


def forge_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Return changes of an entry with a matching hash."""
    forged = convert({**entry, "role": "node"}, hash_chain.LogEntry)
    return {"role": "node", "hash": hash_chain.compute_hash(forged)}
