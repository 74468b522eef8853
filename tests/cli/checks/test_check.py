"""`fedserver check` against a real node behind a real proxy: every line is seen to turn red."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from msgspec import structs

from fedserver.cli import machine_files
from fedserver.cli.commands import main
from fedserver.config import Config, MailConfig, OidcConfig, TranslationConfig
from fedserver.domain.kernel import jobs
from fedserver.node import Node, open_node
from fedserver.runtime import self_check
from fedserver.runtime.checks import machine
from fedserver.runtime.checks.registry import CHECKS, find_problem
from fedserver.runtime.checks.surroundings import Surroundings
from storage.queries.kernel import jobs as job_queries
from tests.kit import tls
from tests.kit.nodes import _find_free_port as find_free_port
from tests.kit.nodes import make_config
from tests.kit.proxy_programs import CADDY, NGINX, run_caddy, run_nginx, write_caddy, write_nginx
from tests.kit.reverse_proxy import Faults, run_proxy

NAMES = [key for key, _, _ in CHECKS]


@dataclass
class Scene:
    """A running node, its configuration as the command reads it, and a proxy with faults."""

    node: Node
    config: Config
    faults: Faults
    stack: AsyncExitStack
    folder: Path
    more: list[Any] = field(default_factory=list)

    async def find_problem(self, name: str) -> str:
        run = next(run for key, _, run in CHECKS if key == name)
        return await find_problem(run, Surroundings(self.config))

    def change(self, section: str, **values: Any) -> None:
        changed = structs.replace(getattr(self.config, section), **values)
        self.config = structs.replace(self.config, **{section: changed})


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    public_port, port = find_free_port(), find_free_port()
    config = make_config(f"localhost:{public_port}", tmp_path, f"sqlite:{tmp_path}/node.sqlite3")
    config = structs.replace(
        config,
        node=structs.replace(config.node, listen=f"127.0.0.1:{port}"),
        limits=structs.replace(config.limits, upload_bytes=100_000, video_bytes=300_000),
    )
    async with AsyncExitStack() as stack:
        node = await open_node(config)
        stack.push_async_callback(node.close)
        await node.serve(lambda runner: [web.TCPSite(runner, "127.0.0.1", port)])
        faults = Faults()
        await stack.enter_async_context(run_proxy(public_port, f"http://127.0.0.1:{port}", faults))
        yield Scene(node, config, faults, stack, tmp_path)


async def _lock_database(scene: Scene) -> None:
    await scene.node.services.db.close()
    await asyncio.to_thread(_overwrite_database, scene.folder / "node.sqlite3")


def _overwrite_database(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    path.write_bytes(b"not a database" * 100)


async def _close_folder(scene: Scene) -> None:
    shutil.rmtree(scene.folder / "media", ignore_errors=True)
    (scene.folder / "media").write_text("a file where the folder should be")


async def _name_missing_host(scene: Scene) -> None:
    scene.change("node", base_url="https://missing.invalid")


async def _stop_listening(scene: Scene) -> None:
    scene.change("node", listen=f"127.0.0.1:{find_free_port()}")


async def _answer_with_another_server(scene: Scene) -> None:
    scene.faults.page = '{"links": [{"href": "https://other.test/nodeinfo/2.0"}]}'


async def _pass_no_forwarded_for(scene: Scene) -> None:
    scene.faults.adds_forwarded_for = False


async def _pass_no_websockets(scene: Scene) -> None:
    scene.faults.passes_websockets = False


async def _buffer_responses(scene: Scene) -> None:
    scene.faults.buffers = True


async def _limit_bodies(scene: Scene) -> None:
    scene.faults.max_body = 200_000


async def _skew_clock(scene: Scene) -> None:
    scene.faults.date = "Thu, 01 Jan 2026 00:00:00 GMT"


async def _name_mail_server_of_another_certificate(scene: Scene) -> None:
    scene.config = structs.replace(scene.config, mail=await _start_mail_server(scene, offers_tls=True))


async def _fail_a_mail(scene: Scene) -> None:
    async with scene.node.services.db.write() as tx:
        await jobs.enqueue(tx, jobs.SendMail("ann@mail.test", "Hi", "text"))
        (row,) = await job_queries.lease(tx, until=tx.now + 1, limit=1, kinds=jobs.MAIL_KINDS)
        await job_queries.retry(tx, row.id, tx.now + 60_000, "mail.test: 550 no such person")


async def _name_missing_provider(scene: Scene) -> None:
    oidc = OidcConfig(issuer="https://missing.invalid", client_id="x", client_secret="y")
    scene.config = structs.replace(scene.config, oidc=oidc)


async def _name_missing_translator(scene: Scene) -> None:
    scene.config = structs.replace(scene.config, translation=TranslationConfig(url="https://missing.invalid"))


# A check without a case here fails test_every_check_has_a_case_in_which_it_fails.
CASES: dict[str, tuple[Callable[[Scene], Awaitable[None]], str]] = {
    "database": (_lock_database, "not a database"),
    "folders": (_close_folder, "media"),
    "dns": (_name_missing_host, "missing.invalid has no address"),
    "node": (_stop_listening, "Is the node running"),
    "public_address": (_answer_with_another_server, "another server answers there"),
    "proxy_headers": (_pass_no_forwarded_for, "X-Forwarded-For"),
    "websocket": (_pass_no_websockets, "Upgrade and Connection"),
    "event_stream": (_buffer_responses, "let the proxy not buffer them"),
    "upload_size": (_limit_bodies, "300000 bytes"),
    "clock": (_skew_clock, "differ by"),
    "mail": (_name_mail_server_of_another_certificate, "certificate"),
    "mail_queue": (_fail_a_mail, "550 no such person"),
    "identity_provider": (_name_missing_provider, "[oidc]"),
    "translation": (_name_missing_translator, "[translation]"),
}


def test_every_check_has_a_case_in_which_it_fails() -> None:
    assert set(CASES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_check_of_what_is_broken_names_the_problem(scene: Scene, name: str) -> None:
    assert await scene.find_problem(name) == ""
    spoil, expected = CASES[name]
    await spoil(scene)
    assert expected in await scene.find_problem(name)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(host="other.test"), "header Host"),
        (Faults(drops="Signature"), "header Signature"),
        (Faults(drops="Digest"), "header Digest"),
        (Faults(resolves_escapes=True), "changes addresses"),
    ],
)
async def test_check_of_a_proxy_that_changes_what_peers_sign_says_what(
    scene: Scene, faults: Faults, expected: str
) -> None:
    vars(scene.faults).update(vars(faults))
    assert expected in await scene.find_problem("proxy_headers")


async def test_check_of_a_proxy_that_is_not_trusted_names_its_address(scene: Scene) -> None:
    scene.node.services.proxies._networks.clear()
    scene.node.services.proxies._trusts.cache_clear()
    scene.faults.client = "203.0.113.5"
    problem = await scene.find_problem("proxy_headers")
    assert "does not believe the proxy at 127.0.0.1" in problem


IGNORING = "proxy_ignore_headers X-Accel-Buffering;"


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
@pytest.mark.parametrize(
    ("directive", "is_ok"),
    [
        ("proxy_buffering off;", True),
        # The node says X-Accel-Buffering: no, which nginx heeds, unless it is told not to.
        ("proxy_buffering on; proxy_http_version 1.0;", True),
        (f"proxy_buffering on; proxy_http_version 1.0; {IGNORING}", False),
        (f"proxy_buffering on; gzip on; gzip_types *; gzip_min_length 0; {IGNORING}", False),
    ],
)
async def test_check_of_events_through_nginx_fails_where_it_buffers_them(
    scene: Scene, directive: str, is_ok: bool
) -> None:
    site, port = machine_files.render_nginx(Config()), find_free_port()
    assert "proxy_buffering off;" in site
    site = site.replace("proxy_buffering off;", directive)
    path = write_nginx(scene.folder, site, port, upstream=scene.config.node.listen, with_tls=False)
    scene.change("node", base_url=f"http://localhost:{port}")
    async with run_nginx(path, port):
        problem = await scene.find_problem("event_stream")
        # That of WebSockets, which nginx never buffers, is no help here.
        assert await scene.find_problem("websocket") == ""
    assert (problem == "") is is_ok, problem
    assert is_ok or "let the proxy not buffer them" in problem


@pytest.mark.skipif(CADDY is None, reason="needs caddy")
async def test_check_through_the_printed_caddyfile_finds_no_problem(scene: Scene) -> None:
    port = find_free_port()
    path = write_caddy(
        scene.folder, machine_files.render_caddy(Config()), port, upstream=scene.config.node.listen
    )
    scene.change("node", base_url=f"http://localhost:{port}")
    async with run_caddy(path, port):
        # The database is that of the address without Caddy.
        names = [name for name in NAMES if name not in ("public_address", "database", "mail_queue")]
        problems = [await scene.find_problem(name) for name in names]
    assert problems == [""] * len(names)


async def test_check_of_events_that_another_server_answers_names_the_address(scene: Scene) -> None:
    scene.faults.page = "not ours"
    assert "do not arrive at http://localhost" in await scene.find_problem("event_stream")


async def test_check_of_folders_asks_the_running_node(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    report = self_check.FolderReport("/closed/by/the/unit", "Read-only file system")
    monkeypatch.setattr("fedserver.web.files.probe_written_paths", lambda config: (report,))
    problem = await scene.find_problem("folders")
    assert "/closed/by/the/unit (Read-only file system)" in problem


async def test_check_of_a_full_disk_says_how_much_is_free(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "MIN_FREE_BYTES", 1 << 60)
    assert "are free at" in await scene.find_problem("folders")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change to another user")
async def test_check_by_root_tries_as_the_user_of_the_node(scene: Scene) -> None:
    scene.change("node", listen=f"127.0.0.1:{find_free_port()}")
    os.chown(scene.folder, 65_534, 65_534)
    problem = await scene.find_problem("folders")
    assert "Permission denied" in problem or "cannot write" in problem


async def test_details_without_a_token_or_with_a_used_one_are_not_found(scene: Scene) -> None:
    surroundings = Surroundings(scene.config)
    address = surroundings.direct_base + self_check.PATH
    token = surroundings.create_headers()
    old = {self_check.HEADER: self_check.create_token(scene.node.services.secret_box, 1_000)}
    async with surroundings.open_session(direct=True) as session:
        statuses = []
        for headers in ({}, {self_check.HEADER: "x"}, old, token, token):
            async with session.get(address, headers=headers) as response:
                statuses.append(response.status)
        async with session.post(address, data=b"x" * 10) as response:
            statuses.append(response.status)
    assert statuses == [404, 404, 404, 200, 404, 404]


async def test_token_counts_once_in_all_processes_of_a_node(scene: Scene) -> None:
    another = await open_node(scene.config)
    scene.stack.push_async_callback(another.close)
    processes = [scene.node.services.check_tokens, another.services.check_tokens]
    token = Surroundings(scene.config).create_headers()[self_check.HEADER]
    taken = await asyncio.gather(*(process.consume(token) for process in processes * 4))
    assert sorted(taken) == [False] * 7 + [True]
    fresh = Surroundings(scene.config).create_headers()[self_check.HEADER]
    assert await processes[1].consume(fresh)
    assert not await processes[0].consume(fresh)


async def test_request_without_the_seal_key_costs_no_statement(scene: Scene) -> None:
    await scene.node.services.db.close()
    for token in ("", "x", "x" * 600, "ü"):
        assert not await scene.node.services.check_tokens.consume(token)


async def _start_mail_server(scene: Scene, *, offers_tls: bool) -> MailConfig:
    """Start a mail server whose certificate is of another name than that by which it is reached."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"STARTTLS"):
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(tls.server_context("elsewhere.test"))
            elif line.upper().startswith(b"EHLO"):
                writer.write(b"250-here\r\n250 STARTTLS\r\n" if offers_tls else b"250 here\r\n")
            else:
                writer.write(b"535 no\r\n" if line.upper().startswith(b"AUTH") else b"250 fine\r\n")
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(talk, "localhost", 0)
    scene.stack.callback(listening.close)
    port = listening.sockets[0].getsockname()[1]
    return MailConfig(host="localhost", port=port, sender="node@alpha.test", tls="starttls")


@pytest.mark.parametrize("mode", ["none", "starttls"])
async def test_check_of_a_mail_server_without_tls_or_login_fails(scene: Scene, mode: str) -> None:
    mail = await _start_mail_server(scene, offers_tls=False)
    scene.config = structs.replace(
        scene.config,
        mail=structs.replace(mail, tls=mode, username="node", password="wrong"),  # type: ignore[arg-type]
    )
    assert "section [mail]" in await scene.find_problem("mail")


async def test_check_of_readable_secrets_says_chmod(scene: Scene) -> None:
    key = scene.folder / "seal.key"
    await machine.check_secret_files(Surroundings(scene.config))
    key.chmod(0o644)
    problem = await find_problem(machine.check_secret_files, Surroundings(scene.config))
    assert f"chmod 600 {key}" in problem


def test_check_as_json_lists_every_check_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "fedserver.toml"
    port = find_free_port()
    path.write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n'
    )
    result = CliRunner().invoke(main, ["check", "--json", "--config", str(path)])
    checks = {check["name"]: check["ok"] for check in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert set(checks) == {"configuration", "secrets", *NAMES}
    assert (checks["database"], checks["node"]) == (True, False)
    assert result.stderr.count("\n") == 1
    assert sqlite3.connect(tmp_path / "data" / "fedserver.sqlite3").execute("SELECT 1").fetchone()
