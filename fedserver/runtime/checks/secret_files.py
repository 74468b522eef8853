"""Files with secrets that others on this machine can read, and the command that closes each.

`fedserver run` asks this at its start, so it loads no other part of the node.
"""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from fedserver.config import Config
from fedserver.marked_text import MarkedText

OTHERS = 0o007  # a group may read: that of the node, where root owns the file


class OpenFile(Struct, frozen=True):
    """A file that everyone can read; `holds_secret` is False for a configuration that only may get one."""

    path: Path
    command: str
    holds_secret: bool

    @property
    def text(self) -> MarkedText:
        """What is wrong, and the command that solves it."""
        if self.holds_secret:
            return MarkedText(
                "Everyone on this machine can read %(path)s, which holds secrets. Please run: %(command)s",
                path=self.path,
                command=self.command,
            )
        return MarkedText(
            "Everyone on this machine can read %(path)s, and passwords may be written there one day. "
            "Please run: %(command)s",
            path=self.path,
            command=self.command,
        )


def find_open_files(
    config: Config, config_path: Path | None, written_files: Iterable[Path] = ()
) -> Iterator[OpenFile]:
    """Yield the files that everyone can read, of those that are named, the key, and `written_files`."""
    secret_files = [*list_named_files(config, config_path), *written_files]
    config_holds_secret = has_secret(config)
    if config_path is not None and config_holds_secret:
        secret_files.append(config_path)
    for path in dict.fromkeys(secret_files):
        if _is_open(path):
            yield OpenFile(path, _build_command(path, config), holds_secret=True)
    if config_path is not None and not config_holds_secret and _is_open(config_path):
        yield OpenFile(config_path, _build_command(config_path, config), holds_secret=False)


def list_named_files(config: Config, config_path: Path | None) -> list[Path]:
    """Return the files of passwords that the configuration names, and the seal key."""
    named = (
        config.database.url_file,
        config.database.direct_url_file,
        config.mail.password_file,
        config.oidc.client_secret_file,
        config.translation.api_key_file,
    )
    folder = config_path.parent if config_path else Path()
    return [*(folder / name for name in named if name), Path(config.node.data_dir) / "seal.key"]


def has_secret(config: Config) -> bool:
    """Return True if a secret is written in the configuration itself, not in a file of its own."""
    database = config.database
    return bool(
        (config.mail.password and not config.mail.password_file)
        or (config.oidc.client_secret and not config.oidc.client_secret_file)
        or (config.translation.api_key and not config.translation.api_key_file)
        or (_may_hold_password(database.url) and not database.url_file)
        or (_may_hold_password(database.direct_url) and not database.direct_url_file)
    )


def _may_hold_password(url: str) -> bool:
    """Return True for an address with a user or a password, before the host or among the parameters."""
    return url.startswith("postgres") and ("@" in url or "password=" in url)


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except OSError:  # missing, or in a folder that is closed to us
        return False


def _build_command(path: Path, config: Config) -> str:
    """Return the command that closes a file, after which the node can still read it."""
    owner = path.stat()
    node = _stat_folder(Path(config.node.data_dir))
    if node is None or owner.st_uid == node.st_uid:
        return f"chmod 600 {path}"
    if owner.st_gid == node.st_gid:
        return f"chmod 640 {path}"
    return f"chgrp {_name_group(node.st_gid)} {path} && chmod 640 {path}"


def _stat_folder(folder: Path) -> os.stat_result | None:
    """Return what is known of the folder that the user of the node owns; None before the first start."""
    try:
        return folder.stat()
    except OSError:
        return None


def _name_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
