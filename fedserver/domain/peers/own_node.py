"""Decisions about peers that would hit this node itself."""

from __future__ import annotations

from addresses.hosts import split_port
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.peers import peers
from fedserver.text.locales import gettext


def concerns_own_node(site: NodeContext, domain: str) -> bool:
    """Return True for the domain of this node, and one that covers it.

    One under it may be another server, as the departments of a university have. With a port it is another
    node, unless the port is ours: several may run on one host.
    """
    own = {site.links.domain, site.links.host}
    name, port = split_port(domain)
    if port:
        return domain in own
    return any(name in peers.list_parent_domains(split_port(host)[0]) for host in own)


def require_other_node(site: NodeContext, domain: str, policy: str) -> None:
    """Raise InvalidError for a decision against this node itself: its members would lose one another."""
    # guard: decisions against the own domain
    if policy != "allow" and concerns_own_node(site, peers.normalize_domain(domain)):
        raise InvalidError(
            "domain",
            "is this server's own",
            message=gettext(
                "%(domain)s is this server itself, or covers it. Please name another server.",
                domain=domain.strip(),
            ),
        )
