"""Which accounts are on a domain: by the host of their handle, or of their actor where it is another."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, or_

from storage.tables.accounts import accounts

# Subdomains are included. A host may be stored with a port; a decision about its domain covers each.
# The parameters are those of `bind_domain`.
IS_ON_DOMAIN = or_(
    accounts.c.domain == bindparam("b_domain"),
    *(accounts.c.domain.like(bindparam(name), escape="\\") for name in ("b_below", "b_port", "b_port_below")),
    and_(
        accounts.c.other_hosts != "",
        or_(
            *(
                accounts.c.other_hosts.like(bindparam(name), escape="\\")
                for name in ("b_other", "b_other_below", "b_other_port", "b_other_port_below")
            )
        ),
    ),
)


def bind_domain(domain: str) -> dict[str, str]:
    """Return the parameters of `IS_ON_DOMAIN` for a domain."""
    escaped = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "b_domain": domain,
        "b_below": f"%.{escaped}",
        "b_port": f"{escaped}:%",
        "b_port_below": f"%.{escaped}:%",
        "b_other": f"% {escaped} %",
        "b_other_below": f"%.{escaped} %",
        "b_other_port": f"% {escaped}:%",
        "b_other_port_below": f"%.{escaped}:%",
    }
