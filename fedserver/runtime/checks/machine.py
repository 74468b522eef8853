"""Checks of the machine: files with secrets, folders that are written, the database, the clock."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
import tempfile
from pathlib import Path

import msgspec

from fedserver.config import Config
from fedserver.runtime.checks.secret_files import find_open_files
from fedserver.runtime.checks.surroundings import CheckError, Surroundings
from fedserver.runtime.self_check import FolderReport, list_written_files, list_written_folders
from fedserver.text.locales import gettext, translate

MIN_FREE_BYTES = 500_000_000
MAX_CLOCK_ERROR_S = 30.0  # signatures are valid for longer, but a clock that is off goes on drifting
PROBE_TIMEOUT_S = 30.0


async def check_secret_files(surroundings: Surroundings, config_path: Path | None = None) -> None:
    """Raise CheckError if others can read a file that holds secrets."""
    config = surroundings.config
    for open_file in find_open_files(config, config_path, list_written_files(config)):
        if open_file.holds_secret:
            raise CheckError(translate(open_file.text))


async def check_database(surroundings: Surroundings) -> None:
    """Raise StorageError or CheckError if the database cannot be opened, read and written."""
    async with surroundings.open_database() as opened, opened.write() as tx:
        if tx.now <= 0:
            raise CheckError(gettext("The database has no clock."))


async def check_folders(surroundings: Surroundings) -> None:
    """Raise CheckError if the user of the node cannot write a folder or file, or a disk is nearly full."""
    for report in await _probe_as_node_user(surroundings.config):
        _check_report(report)
    for report in await _ask_running_node(surroundings):
        _check_report(report)


async def _ask_running_node(surroundings: Surroundings) -> tuple[FolderReport, ...]:
    """Return what the node itself found: its unit may close folders that are open to its user."""
    try:
        return (await surroundings.exchange_directly()).received.folders
    except CheckError:
        return ()  # the check of the running node says so


def _check_report(report: FolderReport) -> None:
    if report.problem:
        raise CheckError(
            gettext(
                "The node cannot write to %(path)s (%(reason)s). It has to belong to the user that runs the "
                "node, and to be in ReadWritePaths of its unit.",
                path=report.path,
                reason=report.problem,
            )
        )
    if report.free_bytes < MIN_FREE_BYTES:
        raise CheckError(
            gettext(
                "Only %(megabytes)s MB are free at %(folder)s. Please make room.",
                megabytes=report.free_bytes // 1_000_000,
                folder=report.path,
            )
        )


async def _probe_as_node_user(config: Config) -> list[FolderReport]:
    """Write as the owner of the data, which is the user that runs the node. Raises CheckError.

    Root can write everywhere, so it changes to that user; another user cannot.
    """
    data_dir = Path(config.node.data_dir)
    owner = await asyncio.to_thread(_find_owner, data_dir)
    if owner not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise CheckError(
            gettext(
                "%(path)s belongs to %(user)s. Please run the check as that user: "
                "sudo -u %(user)s fedserver check",
                path=data_dir,
                user=_name_user(owner),
            )
        )
    paths = [*list_written_folders(config), *list_written_files(config)]
    identity: dict[str, object] = {}
    if os.geteuid() == 0 and owner != 0:
        group = (await asyncio.to_thread(data_dir.stat)).st_gid
        identity = {"user": owner, "group": group, "extra_groups": _list_groups(owner, group)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fedserver.runtime.checks.probe",
        *map(os.path.abspath, paths),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": tempfile.gettempdir()},
        **identity,  # type: ignore[arg-type]
    )
    output, errors = await asyncio.wait_for(process.communicate(), PROBE_TIMEOUT_S)
    if process.returncode:
        raise CheckError((errors.decode(errors="replace").strip().splitlines() or ["?"])[-1])
    return msgspec.json.decode(output, type=list[FolderReport])


def _find_owner(folder: Path) -> int:
    return folder.stat().st_uid if folder.exists() else os.geteuid()


def _name_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _list_groups(uid: int, gid: int) -> list[int]:
    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return [gid]


async def check_clock(surroundings: Surroundings) -> None:
    """Raise CheckError if the node, the proxy and this machine do not agree about the time."""
    error_s = (await surroundings.exchange_publicly()).measure_clock_error_s()
    if error_s > MAX_CLOCK_ERROR_S:
        raise CheckError(
            gettext(
                "The clocks of the node, of the proxy and of this machine differ by %(seconds)s seconds. "
                "Please run a time service (NTP) on all of them.",
                seconds=round(error_s),
            )
        )
