"""`silkway subscriptions` and `silkway deliveries`: who hears what where, and what became of it."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.desk import JsonOption, TenantOption, call, moment, pages, path_of, publish

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The subscription.")]


class Party(StrEnum):
    """Whose notices and events."""

    OPERATIONS = "OPERATIONS"
    BUYER = "BUYER"
    SUPPLIER = "SUPPLIER"


class Channel(StrEnum):
    """How."""

    WEBHOOK = "WEBHOOK"
    EMAIL = "EMAIL"


class State(StrEnum):
    """What became of a delivery."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


subscriptions = typer.Typer(help="Who hears what, where: webhooks and e-mail.", no_args_is_help=True)
deliveries = typer.Typer(help="What went out, and what became of it.", no_args_is_help=True)


@subscriptions.command("list")
def list_subscriptions(tenant: TenantOption, as_json: JsonOption = False) -> None:
    """All subscriptions. Exit code 1: one of them is paused."""
    found, _ = pages("notify", "/subscriptions", tenant, {}, sys.maxsize)
    if as_json:
        print_json(found)
    else:
        folding = (Column(name, overflow="fold") for name in ("id", "party", "address", "hears"))
        table = Table(*folding, "state", "since", "why", title="Subscriptions", title_justify="left")
        for one in found:
            table.add_row(
                escape(one["subscription_id"]), escape(one["party_id"] or one["party"]), escape(one["address"]),
                escape(one["events"] or f"notices from {one['min_severity']}"), one["state"],
                _moment(one["paused_at"] or one["failing_since"]), escape(one["pause_reason"] or ""),
            )  # fmt: skip
        OUT.print(table)
    if any(one["state"] == "PAUSED" for one in found):
        raise typer.Exit(FINDINGS)


@subscriptions.command()
def add(
    subscription_id: IdArgument,
    address: Annotated[str, typer.Argument(help="URL of a webhook, or e-mail address.")],
    tenant: TenantOption,
    party: Annotated[Party, typer.Option(help="Whose notices and events.")] = Party.OPERATIONS,
    party_id: Annotated[str | None, typer.Option(help="Which buyer or supplier.")] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="A CloudEvents type to send; again for more. Webhooks only.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of texts: en, zh-Hans, ar.")] = "en",
    time_zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    quiet: Annotated[
        str | None, typer.Option(metavar="HH:MM-HH:MM", help="When to send only what is critical.")
    ] = None,
    min_severity: Annotated[str, typer.Option(help="INFO, WARNING or CRITICAL.")] = "INFO",
    bundle_minutes: Annotated[int, typer.Option(help="How long e-mails gather notices.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Subscribe a webhook or an e-mail address, or change a subscription. A new webhook's secret is shown once."""
    channel = Channel.WEBHOOK if address.startswith(("http://", "https://")) else Channel.EMAIL
    start, _, end = (quiet or "").partition("-")
    body = {
        "subscription_id": subscription_id,
        "party": party.value,
        "party_id": party_id,
        "channel": channel.value,
        "address": address,
        "events": event or None,
        "language": language,
        "time_zone": time_zone,
        "quiet_hours": {"from_time": start, "until_time": end} if quiet else None,
        "min_severity": min_severity,
        "bundle_minutes": bundle_minutes,
        "registered_at": moment(""),
    }
    answer = _ask("/subscriptions", tenant, body)
    if as_json:
        print_json(answer)
        return
    OUT.print(f"{subscription_id} is registered.", markup=False)
    if answer["secret"]:
        OUT.print(f"Secret, not shown again: {answer['secret']}", markup=False, soft_wrap=True)


@subscriptions.command()
def rotate(subscription_id: IdArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Give a webhook a new secret, shown once. For a day the old one signs beside it."""
    known = call("notify", "GET", path_of("subscriptions", subscription_id), tenant)
    number = int(known["secret_ref"].removeprefix("V")) + 1
    quiet = {"from_time": known["quiet_from"], "until_time": known["quiet_until"]}
    kept = (
        "subscription_id",
        "party",
        "party_id",
        "channel",
        "address",
        "language",
        "time_zone",
        "min_severity",
        "bundle_minutes",
    )
    body = {
        **{name: known[name] for name in kept},
        "events": known["events"].split(" ") if known["events"] else None,
        "quiet_hours": quiet if known["quiet_from"] else None,
        "active": known["state"] != "ENDED",
        "secret_ref": f"V{number}",
        "registered_at": moment(""),
    }
    answer = _ask("/subscriptions", tenant, body)
    if as_json:
        print_json(answer)
    else:
        OUT.print(f"Secret, not shown again: {answer['secret']}", markup=False, soft_wrap=True)


@subscriptions.command()
def pause(
    subscription_id: IdArgument,
    tenant: TenantOption,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> None:
    """Send nothing for a while; what comes meanwhile is kept."""
    body = {"by": getpass.getuser(), "reason": reason, "requested_at": moment("")}
    _ask(path_of("subscriptions", subscription_id, "pause"), tenant, body)
    OUT.print(f"{subscription_id} is paused.", markup=False)


@subscriptions.command()
def resume(subscription_id: IdArgument, tenant: TenantOption) -> None:
    """Send again, first what was kept."""
    body = {"by": getpass.getuser(), "requested_at": moment("")}
    _ask(path_of("subscriptions", subscription_id, "resume"), tenant, body)
    OUT.print(f"{subscription_id} is served again.", markup=False)


@subscriptions.command()
def replay(
    subscription_id: IdArgument,
    since: Annotated[str, typer.Argument(help="From what became known then on, e.g. 2026-03-01T00:00:00Z.")],
    tenant: TenantOption,
) -> None:
    """Send all that was for a subscription since a time again, in order, with the ids it had.

    What became known before it subscribed was not for it; GET /notices tells that.
    """
    body = {"by": getpass.getuser(), "from_at": since, "requested_at": moment("")}
    _ask(path_of("subscriptions", subscription_id, "replays"), tenant, body)
    OUT.print(f"{subscription_id} hears again all that was for it since {since}.", markup=False)


@deliveries.command("list")
def list_deliveries(
    tenant: TenantOption,
    subscription: Annotated[str | None, typer.Option(help="Only to this subscription.")] = None,
    order: Annotated[str | None, typer.Option(help="Only about this order.")] = None,
    state: Annotated[State | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """The newest deliveries."""
    filters = {"subscription_id": subscription or "", "order_id": order or "", "state": state or ""}
    found, _ = pages("notify", "/deliveries", tenant, filters, limit)
    if as_json:
        print_json(found)
        return
    folding = (Column(name, overflow="fold") for name in ("id", "to", "about", "what"))
    table = Table(
        *folding, "known", "state", "attempts", "last answer", title="Deliveries", title_justify="left"
    )
    for one in found:
        answer = " ".join(str(word) for word in (one["status"], one["detail"]) if word)
        table.add_row(
            one["delivery_id"], escape(one["subscription_id"]), escape(one["subject"]), one["type"],
            _moment(one["known_at"]), one["state"], str(one["attempts"]), escape(answer[:60]),
        )  # fmt: skip
    OUT.print(table)


# --- how -----------------------------------------------------------------------------------------------------


def _ask(path: str, tenant: str, body: dict[str, Any]) -> dict[str, Any]:
    """Publish a request and wait until it is applied; ends with 1 and the reason where it is refused."""
    accepted, outcome = publish("notify", path, tenant, body)
    if outcome["outcome"] != "applied":
        fail(f"{outcome['outcome']}: {outcome.get('detail')}", FINDINGS)
    return accepted


def _moment(text: str | None) -> str:
    return f"{dt.datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if text else ""
