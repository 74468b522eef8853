"""`fedserver print …`: files for the machine that go with the configuration, with its real limits."""

from __future__ import annotations

import os
import sys
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import click

from fedserver.cli.configuration import choose_config_path, config_option, read_config
from fedserver.cli.language import group
from fedserver.cli.settings import async_command, load_settings
from fedserver.config import Config

MEBIBYTE = 1_048_576
STATE_FOLDER = Path("/var/lib/fedserver")
# What is around the files of a form: boundaries, names, a description.
FORM_BYTES = MEBIBYTE


def compute_max_body_mebibytes(config: Config) -> int:
    """Return the size of the largest request: a video, its preview image, and the form around them."""
    limits = config.limits
    largest = max(limits.video_bytes, limits.upload_bytes) + limits.upload_bytes + FORM_BYTES
    return ceil(largest / MEBIBYTE)


def render_systemd(config: Config, program: str, config_path: Path) -> str:
    """Return the unit of a node (systemd.service(5), systemd.exec(5)), as closed as the node survives."""
    folders = _list_other_folders(config)
    home = "read-only" if any(_is_below(folder, ("/home", "/root")) for folder in folders) else "yes"
    listens_on_file = config.node.listen.startswith("unix:")
    writable = f"ReadWritePaths={' '.join(folders)}\n" if folders else ""
    needs = " postgresql.service" if config.database.url.startswith("postgres") else ""
    return f"""# /etc/systemd/system/fedserver.service
[Unit]
Description=fedserver
After=network-online.target{needs}
Wants=network-online.target

[Service]
Type=notify
ExecStart={program} run --config {config_path}
User=fedserver
Group=fedserver
StateDirectory=fedserver
StateDirectoryMode=0700
RuntimeDirectory=fedserver
RuntimeDirectoryMode={"0750" if listens_on_file else "0700"}
{writable}Restart=on-failure
RestartSec=2
# The schema may have to be upgraded first.
TimeoutStartSec=10min
TimeoutStopSec=60
UMask={"0007" if listens_on_file else "0077"}
LimitNOFILE=65536
LimitCORE=0
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome={home}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged

[Install]
WantedBy=multi-user.target
"""


def _list_other_folders(config: Config) -> list[str]:
    """Return the folders that the node writes outside of its state folder."""
    folders = [config.node.data_dir, config.media.store.removeprefix("file:")]
    if config.database.url.startswith("sqlite:"):
        folders.append(os.path.dirname(config.database.url.removeprefix("sqlite:")))
    absolute = {os.path.abspath(folder) for folder in folders}
    return sorted(folder for folder in absolute if not _is_below(folder, (str(STATE_FOLDER),)))


def _is_below(folder: str, parents: tuple[str, ...]) -> bool:
    return any(folder == parent or folder.startswith(parent + "/") for parent in parents)


def render_caddy(config: Config) -> str:
    """Return a Caddyfile. Caddy gets the certificate, and sets X-Forwarded-For and Upgrade by itself."""
    listen = config.node.listen
    upstream = (
        f"unix/{listen.removeprefix('unix:')}" if listen.startswith("unix:") else _find_upstream(listen)
    )
    return f"""{_find_site(config)} {{
	request_body {{
		max_size {compute_max_body_mebibytes(config)}MiB
	}}
	reverse_proxy {upstream}
}}
"""


def render_nginx(config: Config) -> str:
    """Return a site for nginx, to be included in its `http` block."""
    host = urlsplit(config.node.base_url).hostname or config.node.domain
    listen = config.node.listen
    upstream = listen if listen.startswith("unix:") else _find_upstream(listen)
    return f"""map $http_upgrade $connection_upgrade {{
    default upgrade;
    ''      '';
}}

upstream fedserver {{
    server {upstream};
    keepalive 16;
}}

server {{
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    server_name {host};
    ssl_certificate     /etc/letsencrypt/live/{host}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;
    client_max_body_size {compute_max_body_mebibytes(config)}m;

    location / {{
        proxy_pass http://fedserver;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        location /api/v1/streaming {{
            proxy_pass http://fedserver;
            proxy_buffering off;
        }}
    }}
}}

server {{
    listen 80;
    listen [::]:80;
    server_name {host};
    return 301 https://$host$request_uri;
}}
"""


def _find_site(config: Config) -> str:
    """Return the address of the site as Caddy writes it: a host alone stands for https."""
    base = config.node.base_url
    return base.removeprefix("https://") if base.startswith("https://") else base


def _find_upstream(listen: str) -> str:
    """Return host and port at which a proxy on the same machine reaches the node."""
    host, _, port = listen.rpartition(":")
    return f"{ {'0.0.0.0': '127.0.0.1', '': '127.0.0.1', '[::]': '[::1]'}.get(host, host) }:{port}"


@group("print")
def print_() -> None:
    """Print files for systemd, Caddy and nginx that go with the configuration."""


@print_.command()
@config_option
def systemd(config_path: Path | None) -> None:
    """Print the unit for systemd."""
    config = read_config(config_path)
    program = Path(sys.executable).with_name("fedserver")
    path = choose_config_path(config_path) or STATE_FOLDER / "fedserver.toml"
    click.echo(render_systemd(config, str(program), path.absolute()), nl=False)


@print_.command()
@config_option
@async_command
async def caddy(config_path: Path | None) -> None:
    """Print the Caddyfile."""
    click.echo(render_caddy(await load_settings(read_config(config_path))), nl=False)


@print_.command()
@config_option
@async_command
async def nginx(config_path: Path | None) -> None:
    """Print the site for nginx."""
    click.echo(render_nginx(await load_settings(read_config(config_path))), nl=False)
