"""Notices in the reader's language: catalogs of gettext, plurals by CLDR, amounts and dates as Babel writes them.

A notice is kept as the id of its text and its parameters. In a catalog (.po) the msgid of a text is that id; where
a number decides about the form, msgid_plural names its placeholder.
"""

import datetime as dt
import gettext
import io
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, parse_pattern

from silkway.contracts import CURRENCIES
from silkway.contracts.fields import Language
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.rules import PLACEHOLDER
from silkway.notify.domain.sentences import money as english_money

DEFAULT: Final[Language] = "en"
_MAX_CHARS: Final = 500
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_ISOLATED: Final = ("\u2068", "\u2069")
"""First strong isolate, pop directional isolate."""

_EXACT: Final = {
    digits: parse_pattern("#,##0." + "0" * digits if digits else "#,##0")
    for digits in set(CURRENCIES.values())
}
"""How amounts are written, by the digits of their minor unit."""

Parameters = dict[str, list[Any]]
"""Placeholder -> [its kind, its value…]: ["id", "PO-1"], ["text", "…"], ["code", "EXPIRED"], ["number", 3],
["money", 123456, "USD"], ["date", "2026-03-01"], ["time", "2026-03-01T09:30:00+00:00"]."""


class CatalogError(ValueError):
    """A catalog that cannot be used."""


class Catalogs:
    """The texts in all languages. `sources`: language -> text of its .po file. Raises CatalogError."""

    def __init__(self, sources: Mapping[Language, bytes]) -> None:
        self._texts: dict[str, gettext.GNUTranslations] = {}
        self._locales: dict[str, Locale] = {}
        self._around: dict[str, tuple[str, str]] = {}
        self.catalogs: dict[Language, Catalog] = {}
        for language, source in sources.items():
            locale = Locale.parse(language, sep="-")
            catalog = read_po(io.BytesIO(source), locale=locale, abort_invalid=True)
            compiled = io.BytesIO()
            write_mo(compiled, catalog)
            compiled.seek(0)
            self._texts[language] = gettext.GNUTranslations(compiled)
            self._locales[language] = locale
            self._around[language] = _ISOLATED if locale.text_direction == "rtl" else ("", "")
            self.catalogs[language] = catalog
        self.placeholders = {
            str(_single(message.id)): frozenset(PLACEHOLDER.findall(str(_last(message.string))))
            for message in self.catalogs[DEFAULT]
            if message.id
        }
        """Text id -> its placeholders."""
        self._counted = {
            str(message.id[0]): str(message.id[1])
            for message in self.catalogs[DEFAULT]
            if isinstance(message.id, tuple)
        }

    def text(self, text_id: str, parameters: Parameters, language: Language, zone: dt.tzinfo = dt.UTC) -> str:
        """The text in a language, with times in a zone; at most 500 characters."""
        texts = self._texts[language]
        counted = self._counted.get(text_id)
        if counted is None:
            pattern = texts.gettext(text_id)
        else:
            pattern = texts.ngettext(text_id, counted, int(parameters[counted][1]))
        shown = PLACEHOLDER.sub(lambda found: self._shown(parameters.get(found[1]), language, zone), pattern)
        return shown if len(shown) <= _MAX_CHARS else shown[: _MAX_CHARS - 1] + "…"

    def _shown(self, value: list[Any] | None, language: Language, zone: dt.tzinfo) -> str:
        """One parameter. In a language written from right to left each stands apart, so that ids keep their order."""
        before, after = self._around[language]
        return f"{before}{'—' if value is None else self._written(value, language, zone)}{after}"

    def _written(self, value: list[Any], language: Language, zone: dt.tzinfo) -> str:
        locale = self._locales[language]
        match value:
            case ["number", int(number)]:
                return format_decimal(number, locale=locale)
            case ["money", int(amount_minor), str(currency)]:
                return money(amount_minor, currency, locale)
            case ["date", str(day)]:
                return format_date(dt.date.fromisoformat(day), format="medium", locale=locale)
            case ["time", str(moment)]:
                return _moment(dt.datetime.fromisoformat(moment).astimezone(zone), locale)
            case ["code", str(code)]:
                text_id = f"code.{code}"
                word = self._texts[language].gettext(text_id)
                return code if word == text_id else word
            case [_, plain]:
                return str(plain)
        raise AssertionError(f"no such parameter: {value}")


def _moment(at: dt.datetime, locale: Locale) -> str:
    """Date and time with its distance from UTC: readers of one text live in many zones."""
    minutes = int((at.utcoffset() or dt.timedelta()).total_seconds()) // 60
    zone = f"UTC{minutes // 60:+03}:{minutes % 60:02}" if minutes else "UTC"
    time = f"{format_time(at, format='short', tzinfo=at.tzinfo, locale=locale)} {zone}"
    date = format_date(at.date(), format="medium", locale=locale)
    return str(get_datetime_format("medium", locale=locale)).replace("{0}", time).replace("{1}", date)


def money(amount_minor: int, currency: str, locale: Locale) -> str:
    """An amount with its currency's ISO 4217 code, which stays clear across borders as a sign does not."""
    if locale.language == DEFAULT:
        return english_money(amount_minor, currency)  # every notice is kept in English: a tenth of the time
    digits = CURRENCIES[currency]
    exact = Decimal(amount_minor).scaleb(-digits)
    return f"{currency} {_EXACT[digits].apply(exact, locale)}"


def parameters_of(names: frozenset[str], asked: Asked) -> Parameters | None:
    """What an event gives for these placeholders; None where it has no value for one."""
    found: Parameters = {}
    for name in sorted(names):
        value = asked.get(name)
        if value is None:
            return None
        found[name] = _parameter(name, value, asked)
    return found


def _parameter(name: str, value: Any, asked: Asked) -> list[Any]:
    if name.endswith("_minor"):
        return ["money", value, asked.get("currency")]
    if isinstance(value, dt.datetime):
        return ["time", value.astimezone(dt.UTC).isoformat()]
    if isinstance(value, dt.date):
        return ["date", value.isoformat()]
    if isinstance(value, int):
        return ["number", value]
    if name.endswith("_id"):
        return ["id", value]
    return ["code" if _CODE.fullmatch(value) else "text", value]


def _single(message_id: Any) -> Any:
    return message_id[0] if isinstance(message_id, tuple) else message_id


def _last(string: Any) -> Any:
    return string[-1] if isinstance(string, tuple) else string
