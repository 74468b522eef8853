"""The story that the demo tells: three groups in one town."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    shown: str
    note: str


@dataclass(frozen=True)
class Community:
    key: str
    title: str
    description: str
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Story:
    key: str
    node: str
    author: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class Reply:
    to: str
    node: str
    author: str
    text: str = ""


COMMUNITIES = (
    Community(
        "library",
        "Harbour Library Co-op",
        "A library that its readers run: books, tools and a quiet room.",
        (
            Person("maya", "Maya Okafor", "Keeps the catalogue. Ask me about SQL and seed libraries."),
            Person("tomas", "Tomás Rey", "Evenings at the desk, mornings in the archive."),
        ),
    ),
    Community(
        "repair",
        "Repair Café North",
        "Bring what is broken. We mend it together, every second Saturday.",
        (
            Person("ines", "Ines Baker", "Soldering iron in one hand, tea in the other."),
            Person("kofi", "Kofi Mensah", "Bicycles, toasters, and why they fail."),
        ),
    ),
    Community(
        "housing",
        "Linden Street Housing Union",
        "Tenants of Linden Street, for good homes and fair rents.",
        (
            Person("lena", "Lena Vogel", "Minutes, meetings and the shared garden."),
            Person("amir", "Amir Haddad", "Heating, insulation, bills."),
        ),
    ),
)

POSTS = (
    Story("hello", "library", "maya", "The library is on the fediverse now. Say hello! #commons"),
    Story(
        "saturday",
        "repair",
        "ines",
        "Next café is on Saturday at ten. Bring lamps, leave with light. #repair",
    ),
    Story("garden", "housing", "lena", "The garden group meets on Sunday. Tomatoes need tying up. #garden"),
    Story(
        "catalogue",
        "library",
        "maya",
        "Our catalogue was a spreadsheet that only I understood. Here is what we did instead.\n\n"
        "## Begin with what people ask\n\nFor a month we wrote down every question at the desk. "
        "Three out of four "
        "were *is it in, and where?* So that became the first page.\n\n"
        "## Keep the data yours\n\n- one table for things, one for copies\n- dates in plain "
        "sight\n- an export that "
        "opens in any program\n\n> A catalogue is a promise that somebody will find it again.\n\n"
        "```sql\nSELECT title, shelf FROM copies WHERE back_at IS NULL;\n```\n\nTake it, change "
        "it, tell us what broke.",
        "A catalogue that everybody can read",
    ),
    Story(
        "toaster",
        "repair",
        "kofi",
        "Nine of ten toasters that reach us have the same fault: the latch that holds the bread down.\n\n"
        "## What you need\n\n1. a screwdriver with an odd tip\n2. patience\n3. a clean cloth\n\n"
        "## What you do\n\nUnplug it. **Unplug it.** Then open the base, find the small magnet and "
        "wipe it clean. "
        "Crumbs keep it from closing, and that is all.\n\n| fault | how often |\n|---|---|\n| "
        "dirty magnet | 70 % |\n"
        "| worn latch | 20 % |\n| anything else | 10 % |",
        "Why your toaster lets go",
    ),
    Story(
        "bills",
        "housing",
        "amir",
        "The heating bill came with four pages and no explanation. We went through it line by line.\n\n"
        "## Three lines to look at\n\n- the *share by area*: is your flat really that large?\n- "
        "the price per unit: "
        "compare it with last year's\n- the service fee: ask for the contract\n\nTwelve of us "
        "asked. Nine got money back.",
        "Reading a heating bill together",
    ),
)

REPLIES = (
    Reply("hello", "repair", "ines", "Welcome! Do you lend soldering irons as well?"),
    Reply("hello", "housing", "lena", "Good to see you here."),
    Reply("saturday", "library", "tomas", "I will bring the desk lamp that blinks."),
    Reply("garden", "repair", "kofi"),
    Reply("catalogue", "repair", "kofi", "We took the two tables for our spare parts. Thank you."),
    Reply("catalogue", "repair", "ines"),
    Reply("catalogue", "housing", "amir", "This would do for our tool shed."),
    Reply("toaster", "library", "maya", "It was the magnet. Breakfast is saved."),
    Reply("bills", "library", "tomas", "May we print this for the notice board?"),
    Reply("bills", "repair", "kofi"),
)
