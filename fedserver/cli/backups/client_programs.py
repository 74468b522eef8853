"""The client programs of PostgreSQL. Passwords are in their environment, as anyone can read arguments."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import parse_qsl, quote, unquote, urlencode

from msgspec import Struct

from fedserver.cli.backups.contents import BackupError
from fedserver.text.locales import gettext

SECRET_PARAMETERS = {"password": "PGPASSWORD"}
CONNECT_TIMEOUT_S = "30"  # libpq waits forever by default
MAX_REASON = 500


class Address(Struct, frozen=True):
    """The address of a database without its password, and the environment in which that is."""

    url: str
    environment: dict[str, str]


def to_address(url: str) -> Address:
    """Return the address that a program may be given as an argument.

    See https://www.postgresql.org/docs/current/libpq-connect.html and libpq-envars.html.
    """
    scheme, _, rest = url.partition("://")
    end = next((place for place, letter in enumerate(rest) if letter in "/?"), len(rest))
    authority, path = rest[:end], rest[end:]
    path, question, query = path.partition("?")
    user, at, hosts = authority.rpartition("@")
    name, _, password = user.partition(":")
    environment = {**os.environ, "PGCONNECT_TIMEOUT": os.environ.get("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT_S)}
    if password:
        environment["PGPASSWORD"] = unquote(password)
    parameters = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key in SECRET_PARAMETERS:
            environment[SECRET_PARAMETERS[key]] = value
        else:
            parameters.append((key, value))
    address = f"{scheme}://{name}{at}{hosts}{path}"
    if question and parameters:
        address += "?" + urlencode(parameters, quote_via=quote)
    return Address(address, environment)


class Program:
    """A running client program. Its messages go to a file, so that it never waits for us to read them."""

    def __init__(
        self,
        *arguments: str | Path,
        address: Address | None = None,
        stdin: int | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
    ) -> None:
        """Start it. Raises BackupError if it is not installed."""
        self.name = str(arguments[0])
        self._messages = TemporaryFile()  # noqa: SIM115 - open as long as the program runs
        environment = dict(address.environment if address is not None else os.environ)
        environment["LC_MESSAGES"] = "C"
        try:
            self.process = subprocess.Popen(
                arguments, stdin=stdin, stdout=stdout, stderr=self._messages, env=environment
            )
        except OSError as error:
            self._messages.close()
            raise BackupError(
                gettext(
                    "%(program)s is not installed. Please install the client programs of PostgreSQL.",
                    program=self.name,
                )
            ) from error

    def wait(self) -> str:
        """Wait for its end and return why it failed, '' if it did not."""
        status = self.process.wait()
        self._messages.seek(0)
        lines = self._messages.read().decode("utf-8", "replace").strip().splitlines()
        if not status:
            return ""
        reason = next((line for line in lines if "error" in line.lower() or "fatal" in line.lower()), "")
        reason = (reason or (lines[-1] if lines else ""))[:MAX_REASON]
        return reason or gettext(
            "%(program)s ended with status %(status)s and said nothing", program=self.name, status=status
        )

    def close(self) -> None:
        """End it if it still runs, and close everything."""
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()
        self._messages.close()
