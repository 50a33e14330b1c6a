"""Everybody reads in their language: every text is in every catalog, with its plurals and its placeholders."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages.plurals import get_plural

from silkway.contracts import EVENTS
from silkway.contracts.fields import Language
from silkway.notify.books import CATALOGS, RULEBOOK
from silkway.notify.domain.rules import PLACEHOLDER
from silkway.notify.domain.texts import Parameters

LANGUAGES: tuple[Language, ...] = get_args(Language)


def texts_of_rules() -> set[str]:
    versions = [rules.source for rules in RULEBOOK.versions]
    told = {text for rules in versions for rule in rules.rules for one in rule.tell for text in one.texts}
    causes = [cause for rules in versions for cause in rules.causes.values()]
    return told | {step.text for cause in causes for step in cause.escalations}


def codes_of_texts() -> Iterator[str]:
    """Every word of a closed list that a text may show."""
    for rule in (rule for rules in RULEBOOK.versions for rule in rules.source.rules):
        for one in rule.tell:
            for text in one.texts:
                for name in CATALOGS.placeholders[text]:
                    field = EVENTS[rule.on].model_fields.get(name)
                    if field is not None:
                        yield from (word for word in get_args(field.annotation) if isinstance(word, str))
    yield from RULEBOOK.newest.causes


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_every_rule_is_there_with_the_same_placeholders(language: Language) -> None:
    catalog = CATALOGS.catalogs[language]
    english = CATALOGS.catalogs["en"]
    ids = {_id(message.id) for message in catalog if message.id}
    assert ids == {_id(message.id) for message in english if message.id}
    assert texts_of_rules() <= ids
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        plural = isinstance(message.id, tuple)
        assert len(forms) == (catalog.num_plurals if plural else 1), message.id
        for form in map(str, forms):
            assert form, message.id
            assert frozenset(PLACEHOLDER.findall(form)) == CATALOGS.placeholders[_id(message.id)], form
            assert form.count("{") == len(PLACEHOLDER.findall(form)), form


def test_no_text_is_in_the_catalogs_that_no_rule_uses() -> None:
    texts = {text for text in CATALOGS.placeholders if not text.startswith("code.")}
    assert texts == texts_of_rules() | {"email-subject", "subscription-paused"}  # those of the channels


def test_every_word_of_a_closed_list_is_in_the_catalogs() -> None:
    missing = {code for code in codes_of_texts() if f"code.{code}" not in CATALOGS.placeholders}
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_those_of_cldr(language: Language) -> None:
    catalog = CATALOGS.catalogs[language]
    assert catalog.num_plurals == get_plural(language.replace("-", "_")).num_plurals


@pytest.mark.parametrize(
    ("days", "form"),
    [(1, "يومًا واحدًا"), (2, "يومين"), (3, "أيام"), (11, "يومًا"), (100, "يوم")],
)
def test_arabic_has_six_forms(days: int, form: str) -> None:
    assert form in CATALOGS.text("shipment-delayed", parameters(days_late=["number", days]), "ar")


def test_what_stands_in_a_text_from_right_to_left_stands_apart() -> None:
    text = CATALOGS.text("shipment-delayed", parameters(), "ar")
    assert "\u2068SH-1\u2069" in text
    assert "\u2068PO-1\u2069" in text
    assert text.count("\u2068") == text.count("\u2069") == 4
    assert "\u2068" not in CATALOGS.text("shipment-delayed", parameters(), "zh-Hans")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ([123_456, "USD"], "USD 1,234.56"),
        ([5, "USD"], "USD 0.05"),
        ([1_500, "JPY"], "JPY 1,500"),
        ([1_234, "KWD"], "KWD 1.234"),
        ([2**63 - 1, "USD"], "USD 92,233,720,368,547,758.07"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_are_exact_and_carry_their_currency(language: Language, amount: list[Any], text: str) -> None:
    values: Parameters = {"order_id": ["id", "PO-1"], "total_minor": ["money", *amount]}
    assert text in CATALOGS.text("order-placed", values, language)


def test_times_are_those_of_the_readers_zone() -> None:
    at = dt.datetime(2026, 1, 10, 20, 30, tzinfo=dt.UTC)
    values: Parameters = {
        "shipment_id": ["id", "SH-1"],
        "order_id": ["id", "PO-1"],
        "kind": ["code", "DEPARTED"],
        "occurred_at": ["time", at.isoformat()],
    }
    chinese = CATALOGS.text("milestone-questioned", values, "zh-Hans", ZoneInfo("Asia/Shanghai"))
    assert "2026年1月11日 04:30 UTC+08:00" in chinese
    assert "已出发" in chinese
    assert "Jan 10, 2026" in CATALOGS.text("milestone-questioned", values, "en")


def test_a_text_ends_at_500_characters() -> None:
    values: Parameters = {"order_id": ["id", "P" * 600], "total_minor": ["money", 1, "USD"]}
    text = CATALOGS.text("order-placed", values, "en")
    assert (len(text), text[-1]) == (500, "…")


def parameters(**but: list[Any]) -> Parameters:
    return {
        "shipment_id": ["id", "SH-1"],
        "order_id": ["id", "PO-1"],
        "eta_on": ["date", "2026-03-01"],
        "days_late": ["number", 3],
        **but,
    }


def _id(message_id: Any) -> str:
    return str(message_id[0] if isinstance(message_id, tuple) else message_id)
