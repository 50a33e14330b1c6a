"""What a credential is to permit: one scope for each operation, as data of the service's Api, shown in OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from silkway.messaging.http.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Scope = Literal["read", "publish", "operate", "admin"]
"""read: see. publish: report facts and ask for things, as a platform's backend, a bank or a carrier does.
operate: decide, as operations staff do. admin: who hears what, where. Each of the last three may read as well."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
DECISIONS: Final = frozenset({"operate", "admin"})
"""Scopes of what is decided by somebody: who that is, the credential says."""
SCHEME: Final = "key"
_DESCRIBED: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of one tenant, or a token of the installation's OpenID Connect issuer, with scopes: "
    "`publish` reports facts and asks for things, `operate` decides, `admin` says who hears what, where; each of them "
    "may `read`. An installation that asks for none serves requests without one.",
}
_REFUSALS: Final = {
    "401": "No credential, or none that is good any more.",
    "403": "The credential lacks the scope, is of another tenant, or of another person than `by`.",
    "429": "Too many requests; `Retry-After` says when to go on.",
}


class Scopes:
    """The scope of each operation, by its id; whatever is a GET is to be read."""

    def __init__(
        self, publish: Iterable[str] = (), operate: Iterable[str] = (), admin: Iterable[str] = ()
    ) -> None:
        self.of: Mapping[str, Scope] = {
            **dict.fromkeys(publish, "publish"),
            **dict.fromkeys(operate, "operate"),
            **dict.fromkeys(admin, "admin"),
        }

    def needed(self, method: str, operation_id: str | None) -> Scope | None:
        """The scope that an operation needs; None for one that has none, which nobody may then call."""
        return "read" if method.upper() == "GET" else self.of.get(operation_id or "")

    def describe(self, document: dict[str, Any], problem_schema: str) -> None:
        """Say in an OpenAPI document which scope each operation needs, and how it is refused."""
        document.setdefault("components", {})["securitySchemes"] = {SCHEME: _DESCRIBED}
        content = {MEDIA_TYPE: {"schema": {"$ref": problem_schema}}}
        for item in document["paths"].values():
            for method, operation in item.items():
                scope = self.needed(method, operation["operationId"])
                if scope is not None:
                    operation["security"] = [{SCHEME: [scope]}, {}]
                for status, description in _REFUSALS.items():
                    operation["responses"][status] = {"description": description, "content": content}
