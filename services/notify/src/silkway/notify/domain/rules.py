"""The rules of notices: data that say which event tells whom what, and which incident it begins or ends.

A rule reads one event; what it says of it never depends on what came first.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from silkway.contracts import EVENTS, Event
from silkway.contracts.fields import Audience, Severity
from silkway.notify.domain.measures import Asked, all_names, own_names

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
SEVERITIES: Final = get_args(Severity)
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_INCIDENT_PLACEHOLDERS: Final = frozenset(("incident_id", "cause", "cause_reference", "orders", "payments"))


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Read strictly: an unknown field is an error."""


class Tell(_Data, frozen=True):
    """Whom to tell what. Of the texts, the first for which the event has all values.

    once: INCIDENT: a person hears it once while the incident that the rule begins or ends is open; EVENT: of every
    event. What is about no incident is told of every event.
    """

    audience: Audience
    severity: Severity
    texts: tuple[str, ...]
    once: Literal["INCIDENT", "EVENT"] = "INCIDENT"


class Begin(_Data, frozen=True):
    """The incident that an event begins or joins. `reference`: the one cause; `scope`: what of the order it is about.

    Both are templates over the event; of the references, the first for which it has all values.
    """

    cause: str
    reference: tuple[str, ...]
    scope: tuple[str, ...] = ("",)


class End(_Data, frozen=True):
    """What is not wrong any more, in the scope (as above), or with `scope` null in every scope."""

    cause: str
    scope: tuple[str, ...] | None = ("",)


class Rule(_Data, frozen=True):
    """What follows from events of the type `on` for which all of `when` holds.

    when: by field: a value, a list of values, null for not given, {"above": n}, {"below": n}, {"not": value}.
    """

    rule: str
    on: str
    when: dict[str, Any] = {}  # msgspec copies it
    tell: tuple[Tell, ...] = ()
    begins: Begin | None = None
    ends: tuple[End, ...] = ()


class Escalation(_Data, frozen=True):
    """Where nobody has acknowledged the incident so long after it opened: tell operations."""

    after_minutes: int
    severity: Severity
    text: str


class Cause(_Data, frozen=True):
    """A kind of incident. outlives_order: it stays although the order is settled or cancelled."""

    severity: Severity
    outlives_order: bool = False
    escalations: tuple[Escalation, ...] = ()


class RuleFile(_Data, frozen=True):
    """One version of the rules, as written. It holds for what becomes known from `holds_from` on."""

    version: str
    holds_from: dt.datetime
    causes: dict[str, Cause]
    rules: tuple[Rule, ...]


class RulesError(ValueError):
    """A file of rules that cannot be used: where, why, and what to do about it."""

    def __init__(self, where: str, reason: str, remedy: str) -> None:
        super().__init__(f"{where}: {reason}; {remedy}")


Test = tuple[str, Callable[[Any], bool]]


class Rules:
    """One version of the rules, checked and ready."""

    def __init__(self, source: RuleFile) -> None:
        self.source, self.version, self.causes = source, source.version, source.causes
        self.by_name = {rule.rule: rule for rule in source.rules}
        begun = [rule.begins for rule in source.rules if rule.begins is not None]
        self.of_shipments = frozenset(
            begin.cause for begin in begun if any(t.startswith("{shipment_id}") for t in begin.scope)
        )
        """The causes that are about one shipment."""
        self._tests = {
            rule.rule: tuple((field, _test(wanted)) for field, wanted in rule.when.items())
            for rule in source.rules
        }
        self._by_event: dict[str, tuple[Rule, ...]] = {}
        for rule in source.rules:
            self._by_event[rule.on] = (*self._by_event.get(rule.on, ()), rule)

    def read(self, event: type[Event]) -> tuple[Rule, ...]:
        """The rules that read events of this type."""
        return self._by_event.get(event.type, ())

    def moves(self, event: type[Event]) -> bool:
        """Whether such an event may begin or end an incident."""
        return any(rule.begins is not None or rule.ends for rule in self.read(event))

    def matching(self, asked: Asked) -> list[Rule]:
        """The rules whose case this event is."""
        return [rule for rule in self.read(type(asked.told)) if self.is_case(rule, asked)]

    def is_case(self, rule: Rule, asked: Asked) -> bool:
        return all(test(asked.get(field)) for field, test in self._tests[rule.rule])


class Rulebook:
    """All versions of the rules; each holds from its time on, so that a replay judges by the rules of its time."""

    def __init__(self, versions: Sequence[Rules]) -> None:
        if not versions:
            raise RulesError("rules", "there are none", "Install the service with its rules.")
        self.versions = sorted(versions, key=lambda rules: rules.source.holds_from)
        times = [rules.source.holds_from for rules in self.versions]
        if len(set(times)) < len(times) or len({rules.version for rules in versions}) < len(versions):
            raise RulesError(
                "holds_from", "two versions have the same", "Give each its own version and time."
            )
        self.newest = self.versions[-1]

    def at(self, known_at: dt.datetime) -> Rules:
        """The rules for what became known then; before the first version's time, the first."""
        holding = [rules for rules in self.versions if rules.source.holds_from <= known_at]
        return holding[-1] if holding else self.versions[0]

    def version(self, version: str) -> Rules | None:
        """A version by its name."""
        return next((rules for rules in self.versions if rules.version == version), None)

    def moves(self, event: type[Event]) -> bool:
        """Whether such an event may begin or end an incident by any version."""
        return any(rules.moves(event) for rules in self.versions)


def read_rules(source: bytes, topics: frozenset[str], texts: Mapping[str, frozenset[str]]) -> Rules:
    """A version of the rules, from JSON. Raises RulesError.

    topics: those that are read; texts: text id -> its placeholders.
    """
    try:
        written = msgspec.json.decode(source, type=RuleFile)
    except msgspec.DecodeError as error:
        raise RulesError("rules", str(error), "Write it as docs/domain/notify.md describes.") from None
    _check(written, topics, texts)
    return Rules(written)


def filled(templates: Sequence[str], asked: Asked) -> str | None:
    """The first template for which the event has all values, filled in; None if it has them for none."""
    for template in templates:
        values = {name: asked.get(name) for name in PLACEHOLDER.findall(template)}
        if all(value is not None for value in values.values()):
            return template.format_map(values)
    return None


def _test(wanted: Any) -> Callable[[Any], bool]:
    if isinstance(wanted, list):
        return lambda value: value in wanted
    if isinstance(wanted, dict):
        ((word, limit),) = wanted.items()
        if word == "above":
            return lambda value: value is not None and value > limit
        if word == "below":
            return lambda value: value is not None and value < limit
        inner = _test(limit)
        return lambda value: not inner(value)
    return lambda value: value == wanted  # also None: not given


# --- Whether the rules make sense ---------------------------------------------------------------------------


def _check(written: RuleFile, topics: frozenset[str], texts: Mapping[str, frozenset[str]]) -> None:
    if not _CODE.fullmatch(written.version):
        raise RulesError("version", f"{written.version!r} is no code", "Name it like V2.")
    if written.holds_from.tzinfo is None:
        raise RulesError("holds_from", "it has no offset", "Write it like 2026-03-01T00:00:00Z.")
    for name, cause in written.causes.items():
        _check_cause(name, cause, texts)
    names = [rule.rule for rule in written.rules]
    for number, rule in enumerate(written.rules):
        where = f"rules[{number}]"
        if not _CODE.fullmatch(rule.rule) or names.count(rule.rule) > 1:
            raise RulesError(f"{where}.rule", f"{rule.rule!r} is no code, or twice", "Name each rule once.")
        _check_rule(where, rule, written.causes, topics, texts)


def _check_cause(name: str, cause: Cause, texts: Mapping[str, frozenset[str]]) -> None:
    where = f"causes.{name}"
    if not _CODE.fullmatch(name):
        raise RulesError(where, "it is no code", "Name it like DELAY.")
    minutes = [step.after_minutes for step in cause.escalations]
    if minutes != sorted(set(minutes)) or any(m < 1 for m in minutes):
        raise RulesError(
            f"{where}.escalations", f"{minutes} do not rise from 1", "Order them by their times."
        )
    for step in cause.escalations:
        _check_text(f"{where}.escalations", step.text, _INCIDENT_PLACEHOLDERS, texts)


def _check_rule(
    where: str,
    rule: Rule,
    causes: Mapping[str, Cause],
    topics: frozenset[str],
    texts: Mapping[str, frozenset[str]],
) -> None:
    event = EVENTS.get(rule.on)
    if event is None or event.topic not in topics:
        raise RulesError(f"{where}.on", f"{rule.on!r} is no event that is read here", "See the contracts.")
    begins = rule.begins
    askable = all_names(event) if begins is None else own_names(event)
    for field, wanted in rule.when.items():
        if field not in askable:
            raise RulesError(
                f"{where}.when.{field}", f"{rule.on} has no such field", f"One of {sorted(askable)}."
            )
        _check_condition(f"{where}.when.{field}", wanted)
    for cause in [*([begins.cause] if begins else []), *(end.cause for end in rule.ends)]:
        if cause not in causes:
            raise RulesError(f"{where}", f"the cause {cause!r} is not declared", "Add it to `causes`.")
    templates = [*(begins.reference + begins.scope if begins else ())]
    templates += [scope for end in rule.ends for scope in end.scope or ()]
    for template in templates:
        for name in PLACEHOLDER.findall(template):
            if name not in own_names(event):
                raise RulesError(where, f"{rule.on} has no field {name!r}", "Use those of the event.")
    for tell in rule.tell:
        if tell.audience != "OPERATIONS" and event.subject_kind not in ("order", "supplier"):
            raise RulesError(where, f"{rule.on} knows no {tell.audience}", "Tell OPERATIONS.")
        if tell.audience == "BUYER" and event.subject_kind != "order":
            raise RulesError(where, f"{rule.on} knows no BUYER", "Tell OPERATIONS or SUPPLIER.")
        if not tell.texts:
            raise RulesError(f"{where}.tell", "there is no text", "Name one.")
        for text in tell.texts:
            _check_text(f"{where}.tell", text, all_names(event), texts)


def _check_condition(where: str, wanted: Any) -> None:
    if isinstance(wanted, dict):
        if len(wanted) != 1 or not set(wanted) <= {"above", "below", "not"}:
            raise RulesError(
                where, f"{wanted} is no condition", 'Use {"above": n}, {"below": n}, {"not": value}.'
            )
        ((word, limit),) = wanted.items()
        if word != "not" and not isinstance(limit, int):
            raise RulesError(where, f"{limit!r} is no whole number", "Give one.")


def _check_text(where: str, text: str, askable: frozenset[str], texts: Mapping[str, frozenset[str]]) -> None:
    if text not in texts:
        raise RulesError(where, f"there is no text {text!r}", "Add it to all catalogs of languages.")
    unknown = texts[text] - askable
    if unknown:
        raise RulesError(where, f"text {text!r} asks for {sorted(unknown)}", "The event has no such fields.")
