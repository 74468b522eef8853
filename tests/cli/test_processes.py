"""`fedserver run` as real processes: one, or several that a supervisor looks after on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fedserver.cli.server import choose_metrics_listen
from fedserver.cli.supervisor import restart_delay_s
from tests.kit import commands, databases
from tests.kit.nodes import _find_free_port as free_port

ROOT = Path(__file__).parents[2]
SECONDS = 60
# A start takes seconds of CPU, and any time on a machine that is busy: this only ends one that hangs.
START_SECONDS = 600


@dataclass
class Running:
    """A program that was started, and what it tells at NOTIFY_SOCKET."""

    process: commands.AsyncCommand
    folder: Path
    said: socket.socket

    async def hear(self) -> str:
        return (await asyncio.get_running_loop().sock_recv(self.said, 100)).decode()

    async def wait_until_ready(self) -> None:
        """Wait for the notification, or fail with what the program wrote if it ends before."""
        told, ended = asyncio.create_task(self.hear()), asyncio.create_task(self.process.wait())
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.wait((told, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if not told.done():
            told.cancel()
            output = (await self.process.communicate())[0].decode()
            pytest.fail(f"it ended with {self.process.returncode}: {output}")
        assert told.result() == "READY=1"

    async def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()

    def pid_of(self, number: int) -> int:
        """Return the process that was started as that number."""
        for pid in self.children():
            if f"--number\0{number}\0" in Path(f"/proc/{pid}/cmdline").read_text():
                return pid
        raise LookupError(number)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder with a short name, as sockets with a path need one."""
    with tempfile.TemporaryDirectory(prefix="fs-") as name:
        yield Path(name)


@pytest.fixture
def postgres() -> Iterator[str]:
    databases.require_postgres()
    url = databases.new_postgres()
    yield url
    databases.release(url)


def configure(folder: Path, url: str, *, processes: int = 1, listen: str = "", more: str = "") -> str:
    """Write a configuration; the base address."""
    port = free_port()
    (folder / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "{listen or f"127.0.0.1:{port}"}"\nprocesses = {processes}\n'
        f'[database]\nurl = "{url}"\n[metrics]\nlisten = "unix:{folder}/m"\n{more}'
    )
    (folder / "fedserver.toml").chmod(0o600)
    return f"http://localhost:{port}"


async def ask(folder: Path, *arguments: str) -> tuple[int | None, str]:
    """Run a command to its end: status and output."""
    process = await commands.start_async(*arguments, folder=folder)
    out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    return process.returncode, out.decode()


@asynccontextmanager
async def running(folder: Path, *more: str) -> AsyncIterator[Running]:
    """Yield a node that said that it is ready; end it, if it still runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as said:
        said.bind(f"{folder}/notify")
        said.setblocking(False)
        process = await commands.start_async(
            "run", *more, folder=folder, environment={"NOTIFY_SOCKET": f"{folder}/notify"}
        )
        node = Running(process, folder, said)
        try:
            await node.wait_until_ready()
            async with asyncio.timeout(SECONDS):
                yield node
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def figure(folder: Path, number: int, name: str, **labels: str) -> float:
    """Return a figure of one process."""
    path = choose_metrics_listen(f"unix:{folder}/m", number).removeprefix("unix:")
    connector = aiohttp.UnixConnector(path)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://metrics/metrics") as answer,
    ):
        families = text_string_to_metric_families(await answer.text())
    samples = [each for family in families for each in family.samples]
    return next((each.value for each in samples if each.name == name and each.labels == labels), 0.0)


async def gone(*ends: int) -> None:
    """Wait until processes have ended; `ends` are their pidfds."""
    loop = asyncio.get_running_loop()
    for end in ends:
        ended = asyncio.Event()
        loop.add_reader(end, ended.set)
        await ended.wait()
        loop.remove_reader(end)
        os.close(end)


async def started_at(folder: Path, number: int) -> float:
    """When a process began; 0 while it does not answer."""
    try:
        return await figure(folder, number, "process_start_time_seconds")
    except aiohttp.ClientError:
        return 0.0


async def post(base: str, token: str, text: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(base, headers=headers) as session,
        session.post("/api/v1/statuses", json={"status": text}) as answer,
    ):
        assert answer.status == 200


async def test_two_processes_serve_stream_come_back_and_end(folder: Path, postgres: str) -> None:
    base = configure(folder, postgres, processes=2, more="[limits]\nrequests_per_5_minutes = 1000000\n")
    status, _ = await ask(
        folder, "member", "add", "ann", "--email", "a@mail.test", "--password", "long enough"
    )
    assert status == 0
    token = (await ask(folder, "token", "create", "ann", "--scope", "read write"))[1].strip()
    async with running(folder) as node, aiohttp.ClientSession(base) as session:
        stream = await session.ws_connect(f"/api/v1/streaming?stream=user&access_token={token}")
        listening = None
        while listening is None:
            open_at = [await figure(folder, number, "fedserver_streams_open") for number in (1, 2)]
            listening = 1 + open_at.index(1) if 1 in open_at else None
        other = 3 - listening
        written, labels = 0, {"method": "POST", "route": "/api/v1/statuses", "status": "200"}
        while not await figure(folder, other, "fedserver_http_requests_total", **labels):
            await post(base, token, f"number {written}")
            written += 1
        # Each is heard, whichever process took it; the last was taken by the other one.
        heard = [(await stream.receive_json())["payload"] for _ in range(written)]
        assert f"number {written - 1}" in heard[-1]

        before = await started_at(folder, other)
        os.kill(node.pid_of(other), signal.SIGKILL)
        while await started_at(folder, other) <= before:
            async with aiohttp.ClientSession(base) as fresh, fresh.get("/livez") as answer:
                assert answer.status == 200
        await post(base, token, "after the kill")
        assert "after the kill" in (await stream.receive_json())["payload"]

        children = node.children()
        assert len(children) == 3
        ends = [os.pidfd_open(pid) for pid in children]
        end = asyncio.create_task(node.end())
        assert (await stream.receive()).type is aiohttp.WSMsgType.CLOSE
        assert await end == 0
        assert await node.hear() == "STOPPING=1"
        await gone(*ends)
        assert node.process.stdout is not None
        told = (await node.process.stdout.read()).decode()
    assert f"fedserver is running at {base} (2 web processes" in told
    assert "process_ended" in told


async def test_a_socket_with_a_path_is_shared_and_nobody_outlives_the_supervisor(
    folder: Path, postgres: str
) -> None:
    configure(folder, postgres, processes=2, listen=f"unix:{folder}/s")
    async with running(folder) as node:
        for _ in range(5):
            connector = aiohttp.UnixConnector(f"{folder}/s")
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get("http://node/readyz") as answer,
            ):
                assert answer.status == 200
        status, told = await ask(folder, "run")
        assert status == 1
        assert "another process listens there" in told
        ends = [os.pidfd_open(pid) for pid in node.children()]
        node.process.kill()
        await node.process.wait()
        await gone(*ends)


async def test_processes_that_cannot_start_end_all_at_once(folder: Path, postgres: str) -> None:
    configure(folder, "postgresql://nobody@127.0.0.1:9/none", processes=2)
    status, told = await ask(folder, "run")
    assert status == 1
    assert "cannot open the database" in told
    assert "process_did_not_start" in told


async def test_address_in_use_is_reported(folder: Path, postgres: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        configure(folder, postgres, processes=2, listen=f"127.0.0.1:{taken.getsockname()[1]}")
        status, told = await ask(folder, "run")
    assert status == 1
    assert told.startswith("Error: The node cannot listen on 127.0.0.1:")


async def test_several_processes_need_postgresql(folder: Path) -> None:
    configure(folder, "sqlite:node.sqlite3", processes=2)
    assert await ask(folder, "run") == (
        1, "Error: node.processes: More than 1 needs PostgreSQL. Please set database.url.\n"
    )  # fmt: skip


async def test_one_process_at_a_path_says_that_it_is_ready_and_stops(folder: Path) -> None:
    configure(folder, "sqlite:node.sqlite3", listen=f"unix:{folder}/s")
    async with running(folder) as node:
        connector = aiohttp.UnixConnector(f"{folder}/s")
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get("http://node/readyz", headers={"X-Forwarded-For": "192.0.2.7"}) as answer,
        ):
            assert answer.status == 200
        assert node.children() == []
        assert await node.end() == 0
        assert await node.hear() == "STOPPING=1"


def test_restart_delay_grows_to_a_bound() -> None:
    assert [restart_delay_s(failures) for failures in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, 30.0]


def test_each_process_has_its_own_metrics_address() -> None:
    assert (
        choose_metrics_listen("127.0.0.1:9420", None)
        == choose_metrics_listen("127.0.0.1:9420", 0)
        == "127.0.0.1:9420"
    )
    assert choose_metrics_listen("[::1]:9420", 2) == "[::1]:9422"
    assert choose_metrics_listen("unix:/run/m", 1) == "unix:/run/m.1"
