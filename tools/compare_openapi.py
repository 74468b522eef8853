"""Compare the declared routes of the client API with a published OpenAPI description of Mastodon's.

Usage: python -m tools.compare_openapi PATH. Fails if a route under a documented path has a method that is not
documented, or is not documented at all and not in EXTRA, or if a documented parameter is not read (see
`tools/parameters.py`). Prints how much of the description is served.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from fedserver.node import list_endpoints
from tools import parameters

PREFIXES = ("/api/v1", "/api/v2", "/oauth")
METHODS = ("get", "post", "put", "patch", "delete")
# Routes that clients call and the description leaves out.
EXTRA = {
    "/api/v1/accounts/alias",
    "/api/v1/accounts/delete",
    "/api/v1/accounts/move",
    "/api/v1/accounts/{}/email_subscriptions",
    "/api/v1/pleroma/statuses/{}/reactions/{}",  # of Pleroma and Akkoma
    "/api/v1/profile",
    "/api/v1/collections/{}",  # PUT, as masto.js sends it
    "/api/v1/accounts/{}/featured_tags",
    "/api/v1/accounts/{}/endorsements",
    "/api/v1/streaming",
    "/api/v1/streaming/{}",
    "/api/v1/streaming/health",
    "/api/v1/streaming/public/media",
    "/api/v1/trends",
    "/api/v1/suggestions",
    "/api/v1/instance/languages",
    "/api/v1/instance",
    "/api/v1/notifications/policy",
    "/api/v2/notifications/policy",
    "/api/v1/conversations/{}/unread",
    "/api/v1/media",
    "/oauth/authorize",
    "/oauth/authorize/native",
    "/oauth/userinfo",
}


def main() -> int:
    """Print the comparison; return 1 if a route is not described."""
    document = msgspec.json.decode(Path(sys.argv[1]).read_bytes())
    described = {
        (method.upper(), parameters.strip_parameter_names(path))
        for path, operations in document["paths"].items()
        for method in operations
        if method in METHODS
    }
    paths = {path for _, path in described}
    declared = {
        (endpoint.method, parameters.strip_parameter_names(endpoint.path))
        for endpoint in list_endpoints()
        if endpoint.path.startswith(PREFIXES)
    }
    # Mastodon documents the endpoints for moderators, but the description has none of them.
    wrong = sorted(
        (method, path)
        for method, path in declared
        if (method, path) not in described and path not in EXTRA and "/admin/" not in path
    )
    served = declared & described
    print(f"{len(served)} of {len(described)} described operations are served, on {len(paths)} paths")
    for method, path in sorted(described - declared):
        print(f"  not served: {method} {path}")
    for method, path in wrong:
        print(f"NOT DESCRIBED: {method} {path}")
    documented = parameters.read_description(document)
    unread = parameters.list_unread(documented)
    for line in unread:
        print(f"NOT READ: {line}")
    # The table is what the tests know where the description is not.
    table = parameters.load_table(parameters.TABLE)
    missing = [key for key, names in documented.items() if set(names) - set(table.get(key, ()))]
    for method, path in missing:
        print(f"NOT IN {parameters.TABLE}: {method} {path}")
    return 1 if wrong or unread or missing else 0


if __name__ == "__main__":
    sys.exit(main())
