"""Notices: what a rule tells whom, kept as text id and parameters, so that each reads it in their language."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from silkway.contracts import (
    DeliveryReported,
    Event,
    IncidentEscalated,
    IncidentNotified,
    NotificationSent,
    SubscriptionPaused,
    SupplierNotified,
)
from silkway.contracts.fields import Audience, Severity
from silkway.notify.domain.incident import Incident
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.rules import Escalation, Rule, Rules, Tell
from silkway.notify.domain.texts import DEFAULT, Catalogs, Parameters, parameters_of

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "silkway:notices")
CHANNELS = "V1"
"""Version of what the channels themselves tell; the rules do not know of it."""
_encode = msgspec.json.Encoder().encode


class Notice(msgspec.Struct, frozen=True):
    """Something that somebody must hear, and why: the rule (`kind`), the event that caused it, order and incident.

    `recipient`: which buyer or supplier; None: operations. `parameters`: JSON; `text`: in English.
    """

    tenant: str
    notice_id: str
    order_id: str | None
    shipment_id: str | None
    supplier_id: str | None
    incident_id: str | None
    incident_number: int | None
    audience: Audience
    recipient: str | None
    kind: str
    severity: Severity
    text_id: str
    parameters: str
    text: str
    rules_version: str
    cause_type: str
    cause_id: str
    known_at: dt.datetime
    subscription_id: str | None = None


class Case(msgspec.Struct, frozen=True):
    """An event that a notice may follow from. `parties`: which buyer and supplier it concerns, by audience."""

    tenant: str
    event_id: str
    known_at: dt.datetime
    asked: Asked
    order_id: str | None
    parties: Mapping[Audience, str | None]


def notice(catalogs: Catalogs, rules: Rules, rule: Rule, tell: Tell, case: Case) -> Notice | None:
    """What the rule tells one audience of an event; None where it has values for none of the texts.

    Its id follows from the event: told again, it is the same.
    """
    for text_id in tell.texts:
        parameters = parameters_of(catalogs.placeholders[text_id], case.asked)
        if parameters is not None:
            break
    else:
        return None
    told = case.asked.told
    recipient = case.parties.get(tell.audience)
    return Notice(
        tenant=case.tenant,
        notice_id=_id(case.tenant, rule.rule, tell.audience, case.event_id),
        order_id=case.order_id,
        shipment_id=case.asked.get("shipment_id"),
        supplier_id=told.subject_id if told.subject_kind == "supplier" else None,
        incident_id=None,
        incident_number=None,
        audience=tell.audience,
        recipient=recipient,
        kind=rule.rule,
        severity=tell.severity,
        text_id=text_id,
        parameters=_encode(parameters).decode(),
        text=catalogs.text(text_id, parameters, DEFAULT),
        rules_version=rules.version,
        cause_type=told.type,
        cause_id=case.event_id,
        known_at=case.known_at,
    )


def escalation_notice(
    catalogs: Catalogs, rules: Rules, incident: Incident, step: Escalation, at: dt.datetime
) -> Notice:
    """What operations hear of an incident that nobody has acknowledged."""
    parameters: Parameters = {
        "incident_id": ["id", incident.incident_id],
        "cause": ["code", incident.cause],
        "cause_reference": ["text", incident.cause_reference],
        "orders": ["number", incident.orders],
        "payments": ["number", incident.payments],
    }
    parameters = {name: parameters[name] for name in sorted(catalogs.placeholders[step.text])}
    cause_id = f"{incident.incident_id}/{incident.number}/{incident.step}"
    return Notice(
        tenant=incident.tenant,
        notice_id=_id(incident.tenant, "INCIDENT_ESCALATED", "OPERATIONS", cause_id),
        order_id=None,
        shipment_id=None,
        supplier_id=None,
        incident_id=incident.incident_id,
        incident_number=incident.number,
        audience="OPERATIONS",
        recipient=None,
        kind="INCIDENT_ESCALATED",
        severity=step.severity,
        text_id=step.text,
        parameters=_encode(parameters).decode(),
        text=catalogs.text(step.text, parameters, DEFAULT),
        rules_version=rules.version,
        cause_type=IncidentEscalated.type,
        cause_id=cause_id,
        known_at=at,
    )


def paused_notice(
    catalogs: Catalogs,
    tenant: str,
    paused: SubscriptionPaused,
    delivery_id: str,
    report: int,
    known_at: dt.datetime,
) -> Notice:
    """What operations hear of a subscription that was paused: by which report about which of its deliveries."""
    text_id: Final = "subscription-paused"
    parameters: Parameters = {
        "reason": ["text", paused.reason],
        "subscription_id": ["id", paused.subscription_id],
    }
    cause_id = f"{delivery_id}/{report}"
    return Notice(
        tenant=tenant,
        notice_id=_id(tenant, "SUBSCRIPTION_PAUSED", "OPERATIONS", cause_id),
        order_id=None,
        shipment_id=None,
        supplier_id=None,
        incident_id=None,
        incident_number=None,
        audience="OPERATIONS",
        recipient=None,
        kind="SUBSCRIPTION_PAUSED",
        severity="WARNING",
        text_id=text_id,
        parameters=_encode(parameters).decode(),
        text=catalogs.text(text_id, parameters, DEFAULT),
        rules_version=CHANNELS,
        cause_type=DeliveryReported.type,
        cause_id=cause_id,
        known_at=known_at,
        subscription_id=paused.subscription_id,
    )


def sent(notice: Notice) -> Event:
    """The event that says the notice was given: about its order, else its supplier, else its incident."""
    told: dict[str, Any] = {
        "notice_id": notice.notice_id,
        "audience": notice.audience,
        "kind": notice.kind,
        "text": notice.text,
        "severity": notice.severity,
        "recipient": notice.recipient,
        "language": DEFAULT,
        "incident_id": notice.incident_id,
        "incident_number": notice.incident_number,
        "rule": notice.kind,
        "rules_version": notice.rules_version,
    }
    if notice.order_id is not None:
        return NotificationSent(**told, order_id=notice.order_id)
    if notice.supplier_id is not None:
        return SupplierNotified(**told, supplier_id=notice.supplier_id)
    return IncidentNotified(**told)


def _id(tenant: str, rule: str, audience: Audience, event_id: str) -> str:
    return str(uuid.uuid5(_IDS, f"{tenant}/{rule}/{audience}/{event_id}"))
