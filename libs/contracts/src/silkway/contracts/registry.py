"""All events, by type, and the reading of their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from pydantic import BaseModel, ValidationError

from silkway.contracts import (
    booking,
    clock,
    credit,
    credit_claim_events,
    credit_hold_events,
    credit_limit_events,
    logistics_events,
    logistics_foresight_events,
    notices,
    notify_events,
    order,
    order_events,
    order_issue_events,
    order_money_events,
    payment,
    quote,
    shipment,
)
from silkway.contracts.clock import ClockTicked
from silkway.contracts.errors import ContractError
from silkway.contracts.event import Event

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["EVENTS", "MAX_DATA_BYTES", "event_class", "read_data"]

_MODULES: Final = (
    *(order, payment, shipment, credit, quote, booking, notices),
    *(order_events, order_money_events, order_issue_events),
    *(logistics_events, logistics_foresight_events),
    *(credit_hold_events, credit_claim_events, credit_limit_events, notify_events),
    clock,
)


def _events_of(module: ModuleType) -> list[type[Event]]:
    """The events that a module lists in its `__all__`; besides them it lists the parts they are made of."""
    listed = [getattr(module, name) for name in module.__all__]
    return [model for model in listed if issubclass(model, Event)]


EVENTS: Final[dict[str, type[Event]]] = {
    event.type: event for module in _MODULES for event in _events_of(module)
}
"""All events by CloudEvents type."""

MAX_DATA_BYTES: Final = 1_000_000
"""Limit of an event's data; with its headers it then fits into Kafka's default message of 1 MiB."""

_UNVERSIONED: Final = {name.rpartition(".v")[0]: name for name in EVENTS}


def event_class(type_name: str) -> type[Event]:
    """The class of a CloudEvents type; ContractError unknown_type or unknown_version."""
    known = EVENTS.get(type_name)
    if known is not None:
        return known
    name, _, _version = type_name.rpartition(".v")
    if name in _UNVERSIONED:
        reason = f"the version of {type_name[:200]} is not known"
        raise ContractError("unknown_version", "ce_type", reason, f"Send {_UNVERSIONED[name]}.")
    reason = f"{type_name[:200]!r} is no event of Silkway's"
    raise ContractError("unknown_type", "ce_type", reason, "Send one of the types that the contracts list.")


def read_data(type_name: str, value: bytes | None) -> Event:
    """Read the data (UTF-8 JSON) of an event of a type; ContractError for whatever is wrong with it.

    Of several wrong fields the first is named.
    """
    model = event_class(type_name)
    if not value:
        if model is ClockTicked:
            return _TICK
        raise ContractError(
            "bad_json", "$", "there is no data", f"Send the data of {type_name} as a JSON object."
        )
    if len(value) > MAX_DATA_BYTES:
        reason = f"the data has {len(value)} bytes, more than {MAX_DATA_BYTES}"
        raise ContractError("too_large", "$", reason, "Send fewer lines or shorter texts.")
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise _explained(model, value, error) from None


_TICK: Final = ClockTicked()


def _bad_field(model: type[BaseModel], error: ValidationError) -> ContractError:
    """The first of pydantic's findings about data of a model, as a ContractError bad_field."""
    finding = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in finding["loc"])
    reason = finding["msg"].replace("Input should", "it should").replace("Field required", "it is missing")
    description = _description(model, finding["loc"])
    remedy = f"Send what the contract describes: {description}" if description else "Send a JSON object."
    return ContractError("bad_field", path.removeprefix(".") or "$", reason[:300], remedy)


def _description(model: type[BaseModel], path: tuple[int | str, ...]) -> str | None:
    """The docstring of the field that a path leads to."""
    description, inner = None, [model]
    for step in path:
        field = next((part.model_fields[step] for part in inner if step in part.model_fields), None)
        if field is not None:
            description, inner = field.description, _models(field.annotation)
    return description


def _models(annotation: object) -> list[type[BaseModel]]:
    """The models in an annotation such as tuple[OrderLine, ...] or Terms | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _explained(model: type[Event], value: bytes, error: ValidationError) -> ContractError:
    finding = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if finding["type"] != "json_invalid":
        return _bad_field(model, error)
    try:
        value.decode()
    except UnicodeDecodeError as wrong:
        reason = f"byte {wrong.start} is not UTF-8"
        return ContractError("not_utf8", "$", reason, "Send the data as JSON in UTF-8.")
    return ContractError("bad_json", "$", finding["msg"], f"Send the data of {model.type} as a JSON object.")
