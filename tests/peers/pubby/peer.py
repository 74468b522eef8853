"""A site of one actor, hop@HOST, built with pubby; its checks of signatures are on.

HOST, CERT and KEY (files), NAMES (host to port), PLACE (a folder) and REQUESTS_CA_BUNDLE come by environment.
What it prints, and does at its control port, is as with the other program; see `tests/kit/foreign.py`.
Nothing but this program, which only tests run, imports pubby: its licence is the AGPL.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pubby
import requests
from pubby.crypto import generate_rsa_keypair, sign_request
from pubby.storage.adapters.file import FileActivityPubStorage

Document = dict[str, Any]
HOST = os.environ["HOST"]
BASE = f"https://{HOST}"
TYPE = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

ports: dict[str, int] = json.loads(os.environ["NAMES"])
lookup = socket.getaddrinfo


def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    """Resolve the names of a test to ports of this machine."""
    return lookup("127.0.0.1" if host in ports else host, ports.get(host, port), *args, **kwargs)


socket.getaddrinfo = resolve
private_key, _ = generate_rsa_keypair()
site = pubby.ActivityPubHandler(
    FileActivityPubStorage(os.environ["PLACE"]),
    pubby.ActorConfig(base_url=BASE, username="hop", name="Hop", summary="Made elsewhere"),
    private_key=private_key,
    async_delivery=False,
    max_retries=1,
)
objects: dict[str, pubby.Object] = {}
heard: list[Document] = []
done: dict[str, Document] = {}


def describe(document: Document) -> Document:
    """Return what the library understood."""
    activity = pubby.Activity.build(document)
    inner = activity.object if isinstance(activity.object, dict) else {"id": activity.object}
    read = pubby.Object.build(inner)
    return {
        "type": activity.type,
        "actor": activity.actor,
        "object": read.id,
        "kind": inner.get("type"),
        "name": read.name,
        "content": read.content,
        "reply": read.in_reply_to,
        "inner": inner.get("object"),
        "to": activity.to,
        "tags": [tag["name"] for tag in read.tag],
    }


def get(url: str) -> Document:
    headers = sign_request(private_key, site.key_id, "GET", url, headers={"Accept": TYPE})
    answer = requests.get(url, headers=headers, timeout=10)
    answer.raise_for_status()
    found: Document = answer.json()
    return found


def address(handle: str) -> str:
    (mention,) = pubby.extract_mentions(handle)
    return mention.actor_url


def note(text: str, mention: str, reply: str | None, alone: bool) -> pubby.Object:
    person = address(mention)
    made = pubby.Object(
        id=f"{BASE}/notes/{uuid.uuid4()}",
        content=f"<p>{text}</p>",
        attributed_to=site.actor_id,
        in_reply_to=reply,
        published=datetime.now(UTC),
        to=[person] if alone else [PUBLIC],
        cc=[] if alone else [site.followers_url, person],
        tag=[{"type": "Mention", "href": person, "name": mention}],
        interaction_policy=pubby.PUBLIC_QUOTE_POLICY,
    )
    objects[made.id] = made
    return made


def follow(handle: str) -> str:
    person = address(handle)
    done[f"follow {handle}"] = site.publish_activity(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{site.actor_id}/activities/{uuid.uuid4()}",
            "type": "Follow",
            "actor": site.actor_id,
            "object": person,
            "to": [person],
        }
    )
    return person


def post(text: str, mention: str, reply: str | None = None, quote: str = "", alone: bool = False) -> str:
    made = note(text, mention, reply, alone)
    if quote:
        instrument = pubby.set_quote_target(made.to_dict(), quote)
        asked = pubby.build_quote_request_activity(site.actor_id, quote, instrument, address(mention))
        site.publish_activity(asked)
    else:
        site.publish_object(made)
    return made.id


def publish(id: str, authorization: str, mention: str) -> None:
    """Return a note whose author waited for consent to quote."""
    leave = get(authorization)
    document = pubby.set_quote_target(objects[id].to_dict(), leave["interactionTarget"])
    create = site.outbox.build_create_activity(objects[id])
    site.publish_activity({**create, "object": {**document, "quoteAuthorization": authorization}})


def edit(id: str, text: str, mention: str) -> None:
    objects[id].content = f"<p>{text}</p>"
    site.publish_object(objects[id], "Update")


def remove(id: str, mention: str) -> None:
    del objects[id]
    site.publish_object(pubby.Object(id=id), "Delete")


def reach(id: str) -> list[str]:
    """Followers, and the author of what is at an address."""
    return [site.followers_url, get(id)["attributedTo"]]


def like(id: str) -> None:
    made = pubby.build_like_activity(site.actor_id, id, cc=reach(id))
    done[f"like {id}"] = site.publish_activity(made)


def boost(id: str) -> None:
    made = pubby.build_announce_activity(site.actor_id, id, cc=reach(id))
    done[f"boost {id}"] = site.publish_activity(made)


def undo(what: str) -> None:
    site.publish_activity(pubby.build_undo_activity(done[what], site.actor_id))


def rename(name: str) -> None:
    site.actor_name = name
    site.publish_actor_update()


def read(url: str) -> Document:
    found = get(url)
    return {"kind": found["type"], "document": found, "lost": []}


VERBS: dict[str, Callable[..., Any]] = {
    command.__name__: command
    for command in (follow, post, publish, edit, remove, like, boost, undo, rename, read)
}


class Answers(BaseHTTPRequestHandler):
    """Short answers; nothing is logged."""

    def answer(self, status: int, body: Any, kind: str = TYPE) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: nobody reads it."""


class Server(Answers):
    """The public side: actor, inbox, objects."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/webfinger":
            found = site.get_webfinger_response(parse_qs(parts.query)["resource"][0])
            return self.answer(200 if found else 404, found, "application/jrd+json")
        url, documents = f"{BASE}{parts.path}", {site.actor_id: site.get_actor_document}
        documents |= {site.outbox_url: site.get_outbox, site.followers_url: site.get_followers_collection}
        if url in documents:
            return self.answer(200, documents[url]())
        try:
            site.verify_fetch_signature("GET", self.path, dict(self.headers))
        except pubby.SignatureVerificationError as error:
            return self.answer(401, {"error": str(error)})
        found = objects[url].to_dict() if url in objects else site.get_quote_authorization(url)
        return self.answer(200 if found else 404, found)

    def do_POST(self) -> None:
        body, status = self.body(), 202
        document = json.loads(body)
        try:
            site.process_inbox_activity(document, "POST", self.path, dict(self.headers), body)
        except pubby.SignatureVerificationError:
            status = 401
        heard.append({"status": status, "document": document, "read": describe(document), "wrong": []})
        self.answer(status, {})


class Control(Answers):
    """The control address that the test uses."""

    def do_GET(self) -> None:
        self.answer(200, heard)

    def do_POST(self) -> None:
        self.answer(200, VERBS[self.path[1:]](**json.loads(self.body())))


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
world, control = ThreadingHTTPServer(("127.0.0.1", 0), Server), ThreadingHTTPServer(("127.0.0.1", 0), Control)
world.socket = context.wrap_socket(world.socket, server_side=True)
ports[HOST] = world.server_port
threading.Thread(target=world.serve_forever, daemon=True).start()
print(json.dumps({"port": world.server_port, "control": control.server_port}), flush=True)
control.serve_forever()
