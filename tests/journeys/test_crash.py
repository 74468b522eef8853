"""A node that is killed between the commit and the delivery delivers after it is started again."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from fedserver.config import load
from fedserver.domain.relationships import follows
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.opening import open_database
from storage.queries.kernel import jobs as job_queries
from tests.kit import commands, people
from tests.kit.clock import Clock
from tests.kit.nodes import _find_free_port as free_port


class Peer:
    """An inbox that is down at first: connections are refused until `start`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.came: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_post("/{rest:.*}", self._take)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def _take(self, request: web.Request) -> web.Response:
        self.came.put_nowait(msgspec.json.decode(await request.read()))
        return web.Response(status=202)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


async def command(*arguments: str, folder: Path) -> str:
    ended = await asyncio.to_thread(commands.run, *arguments, folder=folder, text=True)
    assert ended.returncode == 0, ended.stderr
    return str(ended.stdout)


async def serve(folder: Path, base: str, *more: str) -> commands.AsyncCommand:
    """Start a node and wait until it answers."""
    process = await commands.start_async("run", *more, folder=folder, stdout=commands.DEVNULL)
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(base + "/readyz") as answer:
                    if answer.status == 200:
                        return process
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)  # the process has no event to wait for


async def test_acknowledged_posts_are_delivered_after_a_kill(tmp_path: Path) -> None:
    peer, port = Peer(), free_port()
    base = f"http://localhost:{port}"
    (tmp_path / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "{base}"\nlisten = "127.0.0.1:{port}"\n'
        '[federation]\nallow_http = true\nallow_networks = ["127.0.0.0/8"]\n'
    )
    await command(
        "member", "add", "ann", "--email", "a@mail.test", "--password", "long enough", folder=tmp_path
    )
    token = (await command("token", "create", "ann", "--scope", "write", folder=tmp_path)).strip()
    config = load(tmp_path / "fedserver.toml", {})
    db = await open_database(config.database.url, Clock())
    async with db.write() as tx:
        place = f"127.0.0.1:{peer.port}"
        fan = await people.create_remote_account(
            tx, "fan", place, uri=f"http://{place}/users/fan", inbox_uri=f"http://{place}/users/fan/inbox",
            shared_inbox_uri=f"http://{place}/inbox", keys=(),
        )  # fmt: skip
        from_ann = await people.accounts.get_local(tx, "ann")
        await follows.receive(tx, fan, from_ann, f"{fan.uri}#follow")
    assert config.node.base_url == base
    await db.close()

    # Only the web half runs: what is committed is not delivered before the kill.
    node = await serve(tmp_path, base, "--only", "web")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.post(
            f"{base}/api/v1/statuses", json={"status": "kept"}, headers=headers
        ) as answer:
            assert answer.status == 200
            uri = (await answer.json())["uri"]
    node.send_signal(signal.SIGKILL)
    assert await node.wait() == -signal.SIGKILL
    assert peer.came.empty()
    # As if a worker had been killed that had the work in hand, for ever.
    db = await open_database(config.database.url, Clock(4_000_000_000_000))
    async with db.write() as tx:
        assert await job_queries.lease(tx, until=tx.now, limit=99, kinds=KINDS_BY_QUEUE[DEFAULT])
    await db.close()

    await peer.start()
    node = await serve(tmp_path, base)
    kinds = {}
    async with asyncio.timeout(30):
        while "Create" not in kinds:
            activity = await peer.came.get()
            kinds[activity["type"]] = activity
    assert kinds["Create"]["object"]["id"] == uri  # type: ignore[index]
    node.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(node.wait(), 30) == 0
    await peer.stop()
