"""The rules and the languages that come with the service: read and checked when it starts.

A change of the rules is a new file with a new version, never a change of one that was in use.
"""

from importlib.resources import files
from typing import Final, get_args

from silkway.contracts.fields import Language
from silkway.notify.domain.rules import Rulebook, read_rules
from silkway.notify.domain.texts import Catalogs

READ: Final = frozenset(("order.events", "logistics.events", "credit.events", "trade.notices"))
"""The topics whose events the rules may read."""

_HOME: Final = files("silkway.notify")

CATALOGS: Final = Catalogs(
    {language: (_HOME / "languages" / f"{language}.po").read_bytes() for language in get_args(Language)}
)
RULEBOOK: Final = Rulebook(
    [
        read_rules(file.read_bytes(), READ, CATALOGS.placeholders)
        for file in sorted((_HOME / "rules").iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    ]
)
