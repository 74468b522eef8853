"""The set-up link with which the first owner of a node joins."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.auth import one_time_links, passwords
from fedserver.domain.kernel.errors import DomainError, NotFoundError
from fedserver.domain.registration import setup
from fedserver.pages.registration import signup
from fedserver.web.endpoint import EVERYONE, Call, Routes

routes = Routes("pages")


@routes.get("/setup/{token}", html=True, params=signup.SignupFormParams, audience=EVERYONE)
async def show_setup(call: Call[signup.SignupFormParams]) -> web.StreamResponse:
    await one_time_links.get(call.tx, "setup", call.text("token"))
    return await signup.render_form(call, call.tx, setup=call.text("token"))


@routes.post(
    "/setup/{token}",
    html=True,
    params=signup.SignupFormParams,
    tx="own",
    limit="sign_ups",
    no_csrf=True,
    audience=EVERYONE,
)
async def set_up(call: Call[signup.SignupFormParams]) -> web.StreamResponse:
    params, services, token = call.params, call.services, call.text("token")
    try:
        passwords.check_password(params.password, params.username, params.email)
        hashed = await services.passwords.hash(params.password)
        new_keys = await services.generate_keys()
        async with services.db.write() as tx:
            member = await setup.create_owner(
                tx, call.site, token, params.username.strip(), params.email, hashed, new_keys
            )
    except NotFoundError:
        raise
    except DomainError as error:
        return await signup.refuse(call, error, setup=token)
    return await signup.finish(call, member)
