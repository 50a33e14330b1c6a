"""What was erased, as the log tells it: so that it goes again from a backup that is brought back."""

import datetime as dt

import msgspec


class Erasure(msgspec.Struct, frozen=True):
    """Personal data about somebody or something that is gone: supplier/S-1, buyer/B-1, subscription/shop, …"""

    tenant: str
    erasure_id: str
    about: str
    by: str
    erased_at: dt.datetime
    known_at: dt.datetime
