"""Legs of journeys: parts that are counted by themselves, and what people do between them."""

from __future__ import annotations

from tests.kit.journeys import Person
from tests.kit.nodes import PASSWORD


def begin_leg(person: Person) -> None:
    """Count from zero again, for the next part of a journey."""
    person.steps = person.fields = 0


async def log_in(person: Person, username: str) -> None:
    """Log in at the front door, which is not counted."""
    await person.open("/login")
    await person.fill("Username or email address", username)
    await person.fill("Password", PASSWORD)
    await person.press("Log in", beside="Password")
    await person.see_heading("Home")
    begin_leg(person)


async def submit(person: Person) -> None:
    """Press Enter in the field that was filled in last."""
    person.steps += 1
    await person.page.keyboard.press("Enter")
