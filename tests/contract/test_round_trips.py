"""Whatever a schema allows can be read, written and read again, equal; and what is written fits its schema."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silkway.contracts import EVENTS, ClockTicked, Envelope, Event, read, read_data, write
from silkway.contracts.schemas import event_schemas

Schema = dict[str, Any]
jsonschema = pytest.importorskip("jsonschema")
SCHEMAS = event_schemas()
DATED = [name for name in SCHEMAS if name != ClockTicked.type]

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=offsets)  # noqa: DTZ001
days = st.dates(datetime(1970, 1, 1, tzinfo=UTC).date(), datetime(2199, 12, 31, tzinfo=UTC).date())


def values(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    """JSON values that a schema of ours describes."""
    if "$ref" in schema:
        return values(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return st.one_of([values(choice, definitions) for choice in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    match schema["type"]:
        case "object":
            fields = {name: values(field, definitions) for name, field in schema["properties"].items()}
            required = set(schema.get("required", ()))
            return st.fixed_dictionaries(
                {name: fields[name] for name in fields if name in required},
                optional={name: fields[name] for name in fields if name not in required},
            )
        case "array":
            return st.lists(
                values(schema["items"], definitions),
                min_size=schema.get("minItems", 0),
                max_size=min(4, schema.get("maxItems", 4)),
            )
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "string":
            return texts(schema)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    raise AssertionError(f"no values for {schema}")


def texts(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return moments.map(datetime.isoformat)
    if schema.get("format") == "date":
        return days.map(str)
    if schema.get("title") == "Time Zone":
        return st.sampled_from(["UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"])
    longest = min(schema["maxLength"], 12)
    printable = st.characters(exclude_categories=("Cs", "Cc"))
    if "\\x00" in schema["pattern"]:
        return st.text(printable, min_size=1, max_size=longest)
    return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")).filter(
        lambda text: schema["minLength"] <= len(text) <= schema["maxLength"]
    )


def made_consistent(data: Schema) -> Schema:
    """The rules that no JSON Schema can say: lines apart, a sum within limits, a deposit within it, pairs."""
    if isinstance(data.get("lines"), list) and "value_minor" in data["lines"][0]:
        for number, line in enumerate(data["lines"]):
            line["line_id"] = str(number)
            line["value_minor"] //= len(data["lines"])
    if "outcome" in data and "resolved_at" in data:
        data["refund_minor"] = 0 if data["outcome"] == "FOR_SUPPLIER" else max(data["refund_minor"], 1)
    if "entry_minor" in data:
        data["amount_minor"] = min(data["amount_minor"], data["entry_minor"])
    if data.get("action") in ("ASSIGN", "RETURN"):
        data["order_id"] = "PO-1" if data["action"] == "ASSIGN" else None
    if "terms" in data:
        if (data.get("quote_id") is None) != (data.get("option_id") is None):
            data["quote_id"] = data["option_id"] = None
        data["terms"]["deposit_minor"] = min(
            data["terms"]["deposit_minor"], sum(line["value_minor"] for line in data["lines"])
        )
    return data


@pytest.mark.parametrize("name", DATED)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_read_written_read(name: str, draw: st.DataObject) -> None:
    schema = SCHEMAS[name]
    data = made_consistent(draw.draw(values(schema, schema.get("$defs", {}))))
    event = read_data(name, json.dumps(data).encode())
    envelope = Envelope.of(
        event,
        tenant=draw.draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)),
        source="/silkway/test",
        id=draw.draw(st.uuids().map(str)),
        time=draw.draw(moments),
        knowntime=draw.draw(st.none() | moments),
        version=draw.draw(st.none() | st.integers(1, 10**18 - 1)),
    )

    written = write(envelope, event)

    assert read(*written) == (envelope, event)
    assert written.value is not None
    jsonschema.Draft202012Validator(schema).validate(json.loads(written.value))


def offsets_of(value: object) -> list[timedelta | None]:
    """The offsets of all times in an event, in the order of its fields."""
    if isinstance(value, datetime):
        return [value.utcoffset()]
    if isinstance(value, Event):
        return [offset for _, field in value for offset in offsets_of(field)]
    return []


@given(moments)
def test_times_keep_their_offset(moment: datetime) -> None:
    value = {"order_id": "PO-1", "party": "BUYER", "confirmed_at": moment.isoformat()}
    event = read_data("silkway.order.confirmed.v1", json.dumps(value).encode())
    envelope = Envelope.of(event, tenant="acme", source="/s", id="1", time=moment)
    read_envelope, read_event = read(*write(envelope, event))
    assert offsets_of(read_event) == [moment.utcoffset()]
    assert read_envelope.time.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize("name", EVENTS)
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
