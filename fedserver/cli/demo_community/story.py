"""The story that the demo tells: three groups in one town."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    name: str
    display_name: str
    note: str


@dataclass(frozen=True)
class DemoCommunity:
    key: str
    title: str
    description: str
    people: tuple[DemoPerson, ...]


@dataclass(frozen=True)
class DemoPost:
    key: str
    node: str
    author: str
    text: str
    title: str = ""
    hue: int = 0  # of the cover of an article, in degrees; 0 for none


@dataclass(frozen=True)
class DemoReply:
    to: str
    node: str
    author: str
    text: str = ""


COMMUNITIES = (
    DemoCommunity(
        "library",
        "Harbour Library Co-op",
        "A library that its readers run: books, tools and a quiet room.",
        (
            DemoPerson("maya", "Maya Okafor", "Keeps the catalogue. Ask me about SQL and seed libraries."),
            DemoPerson("tomas", "Tomás Rey", "Evenings at the desk, mornings in the archive."),
            DemoPerson("rosa", "Rosa Lindqvist", "Reads to children on Thursdays. Draws in the margins."),
        ),
    ),
    DemoCommunity(
        "repair",
        "Repair Café North",
        "Bring what is broken. We mend it together, every second Saturday.",
        (
            DemoPerson("ines", "Ines Baker", "Soldering iron in one hand, tea in the other."),
            DemoPerson("kofi", "Kofi Mensah", "Bicycles, toasters, and why they fail."),
        ),
    ),
    DemoCommunity(
        "housing",
        "Linden Street Housing Union",
        "Tenants of Linden Street, for good homes and fair rents.",
        (
            DemoPerson("lena", "Lena Vogel", "Minutes, meetings and the shared garden."),
            DemoPerson("amir", "Amir Haddad", "Heating, insulation, bills."),
        ),
    ),
)

POSTS = (
    DemoPost("hello", "library", "maya", "The library is on the fediverse now. Say hello! #commons"),
    DemoPost(
        "saturday",
        "repair",
        "ines",
        "Next café is on Saturday at ten. Bring lamps, leave with light. #repair",
    ),
    DemoPost(
        "garden", "housing", "lena", "The garden group meets on Sunday. Tomatoes need tying up. #garden"
    ),
    DemoPost(
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
        "```sql\nSELECT title, shelf FROM copies WHERE back_at IS NULL;\n```\n\n"
        "| shelf | things | lent |\n|---|---|---|\n| Tools | 84 | 31 |\n| Seeds | 212 | 140 |\n\n"
        "Take it, change it, tell us what broke.[^1]\n\n[^1]: Mornings are best, the desk is quiet then.",
        "A catalogue that everybody can read",
        210,
    ),
    DemoPost(
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
        20,
    ),
    DemoPost(
        "bills",
        "housing",
        "amir",
        "The heating bill came with four pages and no explanation. We went through it line by line.\n\n"
        "## Three lines to look at\n\n- the *share by area*: is your flat really that large?\n- "
        "the price per unit: "
        "compare it with last year's\n- the service fee: ask for the contract\n\nTwelve of us "
        "asked. Nine got money back.",
        "Reading a heating bill together",
        140,
    ),
)

REPLIES = (
    DemoReply("hello", "repair", "ines", "Welcome! Do you lend soldering irons as well?"),
    DemoReply("hello", "housing", "lena", "Good to see you here."),
    DemoReply("saturday", "library", "tomas", "I will bring the desk lamp that blinks."),
    DemoReply("garden", "repair", "kofi"),
    DemoReply("catalogue", "repair", "kofi", "We took the two tables for our spare parts. Thank you."),
    DemoReply("catalogue", "repair", "ines"),
    DemoReply("catalogue", "housing", "amir", "This would do for our tool shed."),
    DemoReply("toaster", "library", "maya", "It was the magnet. Breakfast is saved."),
    DemoReply("bills", "library", "tomas", "May we print this for the notice board?"),
    DemoReply("bills", "repair", "kofi"),
)
