"""What a key is to permit: one scope for each operation, as data of the service's Api, shown in OpenAPI.

Nothing is enforced while there are no keys: the documents say so by allowing requests without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Scope = Literal["read", "publish", "operate", "admin"]
"""read: see. publish: report facts and ask for things, as a platform's backend, a bank or a carrier does.
operate: decide, as operations staff do. admin: who hears what, where. Each of the last three may read as well."""

SCHEME: Final = "key"
_DESCRIBED: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of one tenant, with scopes: `publish` reports facts and asks for things, `operate` decides, "
    "`admin` says who hears what, where; each of them may `read`. Keys are not enforced yet: requests without one "
    "are served.",
}


class Scopes:
    """The scope of each operation, by its id; whatever is a GET is to be read."""

    def __init__(self, publish: Iterable[str], operate: Iterable[str], admin: Iterable[str]) -> None:
        self.of: Mapping[str, Scope] = {
            **dict.fromkeys(publish, "publish"),
            **dict.fromkeys(operate, "operate"),
            **dict.fromkeys(admin, "admin"),
        }

    def describe(self, document: dict[str, Any]) -> None:
        """Say in an OpenAPI document which scope each operation needs; one that has none stays without."""
        document.setdefault("components", {})["securitySchemes"] = {SCHEME: _DESCRIBED}
        for item in document["paths"].values():
            for method, operation in item.items():
                scope = "read" if method == "get" else self.of.get(operation["operationId"])
                if scope is not None:
                    operation["security"] = [{SCHEME: [scope]}, {}]
