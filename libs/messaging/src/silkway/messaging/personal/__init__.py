"""Personal data beside the log: sealed at the edge, shown at the exits, erased on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from silkway.messaging.personal.settings import PersonalSettings, sealed_since

if TYPE_CHECKING:
    from silkway.messaging.personal.vault import Vault

__all__ = ["ERASED", "PersonalSettings", "open_vault", "sealed_since"]

ERASED: Final = "[erased]"
"""What is shown where a text was, when it is there no more."""


async def open_vault(name: str) -> Vault | None:
    """The vault that the environment names, known to its database as `name`; None where there is none.

    Raises SystemExit with the name of what is missing. It connects when it is first needed.
    """
    settings = PersonalSettings.read()
    if settings is None:
        return None
    from silkway.messaging.personal.vault import Vault  # cryptography, for those who need it

    return await Vault.open(settings, name)
