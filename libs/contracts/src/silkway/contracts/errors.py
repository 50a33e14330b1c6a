"""What a contract violation looks like to its sender."""

from __future__ import annotations

from typing import Literal

__all__ = ["ContractError", "ErrorCode"]

ErrorCode = Literal[
    "not_cloudevent",  # no CloudEvents 1.0 in binary mode
    "bad_header",  # a CloudEvents attribute is missing or wrong
    "not_utf8",  # a header or the data is not UTF-8
    "unknown_type",
    "unknown_version",  # the type is known, its major version is not
    "wrong_topic",
    "too_large",
    "bad_json",
    "bad_field",
    "key_mismatch",  # key or subject is not that of the data
    "personal_data",  # it stands in the clear where it has to be sealed
]


class ContractError(ValueError):
    """An event breaks the contract: which field, why, and what its sender can do about it."""

    def __init__(self, code: ErrorCode, field: str, reason: str, remedy: str) -> None:
        """`field` is a header's name (ce_time) or a path into the data (lines[0].quantity)."""
        super().__init__(f"{field}: {reason} ({code}). {remedy}")
        self.code: ErrorCode = code
        self.field = field
        self.reason = reason
        self.remedy = remedy
