"""The tables of docs/domain/notify.md, written from the rules: `python -m tests.unit.notify.handbook` renews them."""

from pathlib import Path

from silkway.notify.books import RULEBOOK
from silkway.notify.domain.rules import Rule

HANDBOOK = Path(__file__).parents[3] / "docs" / "domain" / "notify.md"


def tables() -> dict[str, str]:
    """Name of a table in the handbook -> its text."""
    return {"causes": _causes(), "rules": _rules()}


def written(text: str) -> str:
    """The handbook with its tables as they should be."""
    for name, table in tables().items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}<!-- {name} -->\n{table}<!-- end of {name} -->{after}"
    return text


def _causes() -> str:
    rows = [
        "| cause | begins with | ends with | severity | escalated after | outlives the order |",
        "|---|---|---|---|---|---|",
    ]
    rules = RULEBOOK.newest
    for name, cause in rules.causes.items():
        begins = [rule for rule in rules.source.rules if rule.begins and rule.begins.cause == name]
        ends = [rule for rule in rules.source.rules if any(end.cause == name for end in rule.ends)]
        reference = (
            " or ".join(f"`{text}`" for text in begins[0].begins.reference) if begins[0].begins else ""
        )
        steps = ", ".join(_hours(step.after_minutes) for step in cause.escalations)
        rows.append(
            f"| {name} of {reference} | {_events(begins)} | {_events(ends) or _ENDED_BY_HANDLERS[name]} |"
            f" {cause.severity} | {steps} | {'yes' if cause.outlives_order else ''} |"
        )
    return "\n".join(rows) + "\n"


def _rules() -> str:
    rows = ["| event | when | rule | tells |", "|---|---|---|---|"]
    for rule in RULEBOOK.newest.source.rules:
        when = ", ".join(f"{field} = {wanted}" for field, wanted in rule.when.items())
        told = [f"{one.audience.lower()} ({one.severity})" for one in rule.tell]
        rows.append(f"| {_short(rule.on)} | {when} | {rule.rule} | {', '.join(told)} |")
    return "\n".join(rows) + "\n"


def _events(rules: list[Rule]) -> str:
    return ", ".join(dict.fromkeys(_short(rule.on) for rule in rules))


def _short(event: str) -> str:
    return event.removeprefix("silkway.").rpartition(".v")[0]


_ENDED_BY_HANDLERS = {
    "UNMATCHED_MONEY": "payment.matched, return.due, unmatched.returned",
    "INVARIANT": "finding.settled",
}


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


if __name__ == "__main__":
    HANDBOOK.write_text(written(HANDBOOK.read_text()))
