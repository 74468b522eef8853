"""Faults, brought about on purpose while two real nodes post and deliver: `make faults`, not `make test`.

Each `python -m tests.faults.NAME` prints what it counted and ends with 1 if a post that was acknowledged is
lost at home, is missing at the peer, or stands in the peer's timeline twice.
"""
