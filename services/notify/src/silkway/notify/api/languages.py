"""The language and the time zone in which a reader is told things."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Query

from silkway.contracts.fields import Language, TimeZone
from silkway.notify.books import CATALOGS
from silkway.notify.domain.texts import DEFAULT

if TYPE_CHECKING:
    from asyncpg import Record

_LANGUAGES: Final[dict[str, Language]] = {language.lower(): language for language in get_args(Language)}
_ALSO: Final[dict[str, Language]] = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans"}


class Reader:
    """Who reads: in which language, with times of which zone."""

    def __init__(self, language: Language, zone: str = "UTC") -> None:
        self.language, self.zone = language, ZoneInfo(zone)

    def notice(self, row: Record | dict[str, Any]) -> dict[str, Any]:
        """A notice in the reader's language."""
        parameters = json.loads(row["parameters"])
        # A notice of a time before texts had ids is shown as it was told.
        text = (
            CATALOGS.text(row["text_id"], parameters, self.language, self.zone)
            if row["text_id"] in CATALOGS.placeholders
            else row["text"]
        )
        return {**row, "parameters": parameters, "text": text, "language": self.language}


AcceptLanguage = Annotated[
    str | None, Header(description="Languages by preference (RFC 9110), e.g. zh-Hans, en;q=0.5.")
]


def reader_of(
    language: Annotated[
        Language | None, Query(description="Language of texts; else Accept-Language.")
    ] = None,
    time_zone: Annotated[TimeZone, Query(description="IANA time zone of times in texts.")] = "UTC",
    accept_language: AcceptLanguage = None,
) -> Reader:
    """The reader of a request. What no catalog speaks is told in English."""
    return Reader(language or accepted(accept_language), time_zone)


def accepted(header: str | None) -> Language:
    """The best of ours for an Accept-Language header."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "").split(",")[:50]):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0
        if quality > 0:
            wishes.append((-quality, position, tag.strip().lower()))
    for _, _, tag in sorted(wishes):
        for candidate in (tag, tag.rpartition("-")[0], tag.partition("-")[0]):
            if known := _LANGUAGES.get(_ALSO.get(candidate, candidate).lower()):
                return known
    return DEFAULT


ReaderOf = Annotated[Reader, Depends(reader_of)]
