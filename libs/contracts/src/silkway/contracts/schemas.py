"""The contracts as documents for other languages: a JSON Schema for each event, one AsyncAPI 3 document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from silkway.contracts.attributes import MAX_ATTRIBUTE_CHARS
from silkway.contracts.fields import MOMENT_PATTERN, TENANT_PATTERN
from silkway.contracts.registry import EVENTS, MAX_DATA_BYTES
from silkway.contracts.topics import TOPICS, Topic, TopicKind

if TYPE_CHECKING:
    from silkway.contracts.event import Event

CONTRACTS_VERSION: Final = "1.2"
"""Version of the contracts as a whole; the second part grows with additions."""

Document = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_KAFKA_BINDING: Final = "0.5.0"
_PARKED_RECORD: Final = "ParkedRecord"
_MOMENT: Final = {"type": "string", "format": "date-time", "pattern": f"^{MOMENT_PATTERN}$"}


def event_schemas() -> dict[str, Document]:
    """CloudEvents type -> JSON Schema of its data, with the event's topic, subject and key as x-… ."""
    return {name: _event_schema(event) for name, event in sorted(EVENTS.items())}


def _event_schema(event: type[Event]) -> Document:
    schema = event.model_json_schema()
    addressed: Document = {}
    if event.topic:
        ours = TOPICS[event.topic].kind is TopicKind.SERVICE
        addressed = {
            "x-topic": event.topic,
            "x-subject": f"{event.subject_kind}/{{{event.subject_kind}_id}}",
            "x-key": f"{{tenant}}/{{{event.subject_kind}_id}}",
            "x-published-by": "silkway" if ours else "outside",
        }
    return {"$schema": _DIALECT, "x-type": event.type, **addressed, **schema}


def asyncapi() -> Document:
    """The AsyncAPI 3.0 document, from Silkway's side: it receives trade.* and sends the rest."""
    _, definitions = models_json_schema(
        [(event, "validation") for event in EVENTS.values()], ref_template="#/components/schemas/{model}"
    )
    shared = (TopicKind.INGRESS, TopicKind.SERVICE, TopicKind.PARKED)
    shown = [topic for topic in TOPICS.values() if topic.kind in shared]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Silkway",
            "version": CONTRACTS_VERSION,
            "description": "One order, seen whole: its money, its shipments and the credit that assures it. "
            "CloudEvents 1.0 in Kafka's binary mode; unknown fields are to be ignored. "
            f"Data is UTF-8 JSON of at most {MAX_DATA_BYTES} bytes.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in shown},
        "operations": {_operation_name(topic): _operation(topic) for topic in shown},
        "components": {
            "messages": {
                **{event.__name__: _message(event) for event in EVENTS.values()},
                _PARKED_RECORD: _parked_record(),
            },
            "schemas": {
                "CloudEventHeaders": _headers(),
                "DeadLetterHeaders": _dead_letter_headers(),
                **definitions["$defs"],
            },
        },
    }


def _events_on(topic: Topic) -> list[str]:
    if topic.kind is TopicKind.PARKED:
        return [_PARKED_RECORD]
    return [event.__name__ for event in EVENTS.values() if event.topic in (topic.name, "")]


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _events_on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operation_name(topic: Topic) -> str:
    return f"{_action(topic)}.{topic.name}"


def _action(topic: Topic) -> str:
    return "receive" if topic.kind is TopicKind.INGRESS else "send"


def _operation(topic: Topic) -> Document:
    return {
        "action": _action(topic),
        "summary": topic.description,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in _events_on(topic)],
    }


def _message(event: type[Event]) -> Document:
    summary = (event.__doc__ or "").partition("\n")[0]
    message: Document = {
        "name": event.type,
        "title": event.__name__,
        "summary": summary,
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventHeaders"},
                {"type": "object", "properties": {"ce_type": {"const": event.type}}},
            ]
        },
    }
    if not event.topic:  # a tick: no key, no data
        return message
    key = {"type": "string", "description": f"{{tenant}}/{{{event.subject_kind}_id}}, UTF-8"}
    return {
        **message,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}},
    }


def _parked_record() -> Document:
    return {
        "name": "parked record",
        "title": _PARKED_RECORD,
        "summary": "A record that a service could not apply, as it was tried, with what failed.",
        "description": "Key, value and headers are those of the record itself. One that is too large with what is "
        "added goes without them: the service keeps it whole.",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
    }


def _dead_letter_headers() -> Document:
    text = {"type": "string"}
    number = {"type": "string", "contentEncoding": "binary"}
    return {
        "title": "DeadLetterHeaders",
        "description": "Where the record stood and why it was parked, as Spring for Apache Kafka writes it; texts are "
        "UTF-8. The record's own headers stand before them.",
        "type": "object",
        "properties": {
            "kafka_dlt-original-topic": text,
            "kafka_dlt-original-partition": {**number, "description": "Int of 4 bytes, big-endian."},
            "kafka_dlt-original-offset": {**number, "description": "Long of 8 bytes, big-endian."},
            "kafka_dlt-original-timestamp": {
                **number,
                "description": "Milliseconds since 1970, a long of 8 bytes, big-endian; -1 where it is not known.",
            },
            "kafka_dlt-original-timestamp-type": {"enum": ["CreateTime", "NoTimestampType"]},
            "kafka_dlt-original-consumer-group": {**text, "description": "Whose service could not apply it."},
            "kafka_dlt-exception-fqcn": {**text, "description": "Class of what was raised."},
            "kafka_dlt-exception-cause-fqcn": {
                **text,
                "description": "Class of its cause, where it has one.",
            },
            "kafka_dlt-exception-message": text,
            "kafka_dlt-exception-stacktrace": {**text, "description": "At most its last 4,000 characters."},
        },
    }


def _headers() -> Document:
    text = {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE_CHARS}
    return {
        "title": "CloudEventHeaders",
        "description": "CloudEvents attributes as Kafka headers, UTF-8. Tenant, source and id identify an event.",
        "type": "object",
        "required": ["ce_specversion", "ce_type", "ce_source", "ce_id", "ce_time", "ce_tenant"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_type": text,
            "ce_source": {**text, "format": "uri-reference", "description": "Who sent it."},
            "ce_id": {**text, "description": "Unique within tenant and source."},
            "ce_subject": {**text, "description": "<kind>/<id>, as in the data; on all events but ticks."},
            "ce_time": {**_MOMENT, "description": "When it happened, with offset, 1970 to 2199."},
            "ce_tenant": {
                "type": "string",
                "pattern": f"^{TENANT_PATTERN}$",
                "description": "Whose event it is.",
            },
            "ce_knowntime": {
                **_MOMENT,
                "description": "When Silkway knew it, UTC; on Silkway's events only.",
            },
            "ce_version": {
                "type": "string",
                "pattern": "^[1-9][0-9]{0,17}$",
                "description": "Dense counter per topic, tenant and subject, from 1; on Silkway's events only.",
            },
            "traceparent": {"type": "string", "description": "W3C trace context."},
            "content-type": {"const": "application/json"},
        },
    }
