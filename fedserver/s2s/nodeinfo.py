"""NodeInfo (FEP-0151): what this node is. `metadata.upstream` names the API for client libraries."""

from __future__ import annotations

from aiohttp import web

from activitypub import nodeinfo as protocol
from activitypub.document import format_instant
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.metrics import instance_stats
from fedserver.domain.peers import partners
from fedserver.version import VERSION
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.json import json_response

routes = Routes("s2s")


@routes.get("/.well-known/nodeinfo", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_index(call: Call[NoParams]) -> web.Response:
    """Show which versions of NodeInfo there are, and where."""
    links = call.site.links
    return json_response(protocol.write_index(links.base, links.instance_actor))


@routes.get("/nodeinfo/{version}", limit="peers", audience=EVERYONE, no_token=True)
async def show(call: Call[NoParams]) -> web.Response:
    """Show software, figures and partners of the node."""
    version = call.text("version").removesuffix(".json")
    if version not in protocol.VERSIONS:
        raise NotFoundError
    community = call.site.config.community
    # How many members there are and who the partners are is for members, where visitors may not read.
    is_shown = call.site.access.admits_visitors
    stats = await instance_stats.load(call.tx) if is_shown else None
    usage = None
    if stats is not None:
        usage = protocol.Usage(stats.members, stats.active_month, stats.active_half_year, stats.posts)
    agreed = await partners.list_agreed(call.tx) if is_shown else []
    document = protocol.write_nodeinfo(
        version,
        VERSION,
        usage,
        open_registrations=call.site.config.registration.mode in ("open", "approval"),
        repository=call.site.source_url,
        metadata={
            "nodeName": community.title,
            "nodeDescription": community.description,
            "upstream": {"name": "mastodon"},
            "partners": [
                {
                    "domain": partner.domain,
                    "scopes": list(partner.scopes),
                    "since": format_instant(partner.since),
                }
                for partner in agreed
            ],
        },
    )
    return json_response(document, kind=protocol.content_type(version))
