"""WebFinger (RFC 7033) and host-meta (RFC 6415): from a handle to an actor and back."""

from __future__ import annotations

from urllib.parse import quote

from activitypub import document as read
from activitypub.document import Document
from activitypub.errors import MalformedDocumentError
from activitypub.terms import ACTIVITY_JSON, is_activitypub
from addresses.handles import Handle as Handle
from addresses.handles import parse_handle as parse_handle
from addresses.hosts import normalize_host, normalize_url

JRD_MEDIA_TYPE = "application/jrd+json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
MAX_RESOURCE = 2_048


def parse_resource(resource: str) -> Handle | str | None:
    """Return the handle or web address that a `resource` asks for, normalized; None if it is neither."""
    if not 0 < len(resource) <= MAX_RESOURCE:
        return None
    return normalize_url(resource) or parse_handle(resource) or _parse_node_handle(resource)


def _parse_node_handle(resource: str) -> Handle | None:
    """Return the handle of a node's own actor, which is called like its host, also with a port."""
    name, _, host = resource.removeprefix("acct:").partition("@")
    domain = normalize_host(host)
    return Handle(domain, domain) if domain and normalize_host(name) == domain else None


def write_jrd(handle: str, actor: str, profile: str, base: str) -> Document:
    """Return the JRD of a local account."""
    template = f"{base}/authorize_interaction?uri={{uri}}"
    return {
        "subject": f"acct:{handle}",
        "aliases": list(dict.fromkeys((profile, actor))),
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": profile},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
            {"rel": SUBSCRIBE, "template": template},
        ],
    }


def read_jrd(document: Document) -> tuple[Handle | None, str]:
    """Return the subject (None if there is none) and the actor's URI.

    Raises MalformedDocumentError if there is no actor, or the subject is neither a handle nor an address.
    """
    subject = read.text(document.get("subject"), 1_000)
    handle = parse_handle(subject)
    if subject and handle is None and not read.is_web(subject):
        raise MalformedDocumentError(f"the subject {subject[:100]!r} is not a handle")
    for link in read.many(document.get("links"), 50):
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        if is_activitypub(read.text(link.get("type"), 200)) and read.is_web(link.get("href")):
            return handle, str(link["href"])
    raise MalformedDocumentError("WebFinger names no actor")


def read_interaction_template(document: Document) -> str:
    """Return where the server of an account asks what to do with an address, '' if it does not say.

    The template has `{uri}` in place of the address (OStatus 1.0, section 6; Mastodon reads the same).
    """
    for link in read.many(document.get("links"), 50):
        if isinstance(link, dict) and link.get("rel") == SUBSCRIBE:
            template = read.text(link.get("template"), MAX_RESOURCE)
            if "{uri}" in template and read.is_web(template.replace("{uri}", "")):
                return template
    return ""


def build_query_url(base: str, handle: Handle) -> str:
    """Return the address that answers for a handle."""
    return f"{base}/.well-known/webfinger?resource={quote(f'acct:{handle}', safe='')}"


def write_host_meta(base: str) -> str:
    """Return host-meta as XRD."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" '
        f'template="{base}/.well-known/webfinger?resource={{uri}}"/></XRD>\n'
    )


def write_host_meta_json(base: str) -> Document:
    """Return host-meta as JSON."""
    template = f"{base}/.well-known/webfinger?resource={{uri}}"
    return {"links": [{"rel": "lrdd", "type": JRD_MEDIA_TYPE, "template": template}]}


def read_host_meta(xrd: str) -> str | None:
    """Return the lrdd template of an XRD, found as text: no XML parser has to read untrusted entities."""
    for part in xrd[:20_000].split("<Link")[1:20]:
        tag = part.partition(">")[0]
        if 'rel="lrdd"' not in tag.replace("'", '"'):
            continue
        template = tag.replace("'", '"').partition('template="')[2].partition('"')[0]
        template = template.replace("&amp;", "&")
        if "{uri}" in template and read.is_web(template):
            return template
    return None


def fill_template(template: str, handle: Handle) -> str:
    """Return the address that a template gives for a handle."""
    return template.replace("{uri}", quote(f"acct:{handle}", safe=""))
