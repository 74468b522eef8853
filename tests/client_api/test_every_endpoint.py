"""Every endpoint of the client API is asked once over real HTTP; what it did is checked by what is read back.

At the end the requests are compared with the declarations, so an endpoint that nobody asks fails here. The
shapes of the answers are compared with the published description in `.ci/run`.
"""

from __future__ import annotations

from tests.client_api import account_checks, admin_checks, notification_checks, status_checks, timeline_checks
from tests.client_api.endpoint_world import EndpointWorld, start_world
from tests.kit.api import list_declared_endpoints
from tests.kit.nodes import Start


async def check_stubs(world: EndpointWorld) -> None:
    """Check that the stubs of the README answer that there is nothing."""
    # Here nobody sends mail.
    path = f"/api/v1/accounts/{world.ann_id}/email_subscriptions"
    assert (await world.nobody.request("POST", path, json={"email": "a@b.test"})).status == 404
    reports = "/api/v1/annual_reports"
    assert (await world.ann.get(reports))["annual_reports"] == []
    assert await world.ann.get(f"{reports}/2026/state") == {"state": "ineligible"}
    assert (await world.ann.request("GET", f"{reports}/2026")).status == 404
    for verb in ("read", "generate"):
        assert (await world.ann.request("POST", f"{reports}/2026/{verb}")).status == 404


async def test_every_endpoint_answers_a_real_client(start: Start) -> None:
    world = await start_world(start)
    await account_checks.check_instance(world)
    await account_checks.check_profiles(world)
    await account_checks.check_relationships(world)
    await account_checks.check_domain_blocks(world)
    await account_checks.check_endorsements(world)
    await account_checks.check_hashtags(world)
    post_id = await status_checks.check_statuses(world, await status_checks.check_media(world))
    await status_checks.check_quotes(world, post_id)
    await status_checks.check_status_actions(world, post_id)
    await timeline_checks.check_timelines(world, post_id)
    await timeline_checks.check_discovery(world, post_id)
    await account_checks.check_collections(world)
    await account_checks.check_lists(world, post_id)
    await timeline_checks.check_filters(world, post_id)
    await status_checks.check_polls(world)
    await status_checks.check_scheduled_statuses(world)
    await notification_checks.check_grouped_notifications(world)
    await notification_checks.check_notifications(world)
    await notification_checks.check_notification_requests(world)
    await notification_checks.check_conversations(world)
    await notification_checks.check_announcements(world)
    await notification_checks.check_push(world)
    await timeline_checks.check_streams(world)
    await admin_checks.check_moderation(world.node, world.ann_id, world.bob, world.bob_id, world.requested)
    await status_checks.check_undone_actions(world, post_id)
    await check_stubs(world)
    await account_checks.check_leaving(world)
    requested = {(method, path.replace("{kind}", "{kind:.+}")) for method, path in world.requested}
    assert list_declared_endpoints() - requested == set()
