"""`silkway unmatched`, `claims`, `disputes`, `incidents`: what waits for people, and what they decide.

Each decision is published over HTTP, and the command waits for its outcome.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from silkway.cli.desk import (
    AtOption,
    ByOption,
    CurrencyOption,
    JsonOption,
    KeyOption,
    LimitOption,
    TenantOption,
    do,
    moment,
    one,
    path_of,
    person,
    see,
)

OrderArgument = Annotated[str, typer.Argument(metavar="ORDER", help="The order.")]
ReasonOption = Annotated[str, typer.Option(help="Why; it is kept.")]
AmountOption = Annotated[int, typer.Option(min=1, help="In minor units, e.g. cents.")]
SomeAmountOption = Annotated[int | None, typer.Option(min=1, help="In minor units; by default all of it.")]
StateOption = Annotated[str, typer.Option(help="Only of this state.")]
SHOWN: Final = 100


def _group(text: str) -> typer.Typer:
    group = typer.Typer(help=text, no_args_is_help=True)
    group.callback()(lambda: None)  # a group of one command stays a group
    return group


# --- Money that found no order ------------------------------------------------------------------------------

unmatched = _group("Money that found no order: look, assign, send back.")
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The virtual account.")]
BankArgument = Annotated[str, typer.Argument(metavar="BANK_REFERENCE", help="The bank's reference.")]
EntryArgument = Annotated[
    int, typer.Argument(metavar="AMOUNT", min=1, help="The entry's amount, minor units.")
]


@unmatched.command("list")
def list_unmatched(
    tenant: TenantOption, account: Annotated[str, typer.Option(help="Only of this account.")] = "",
    reason: Annotated[str, typer.Option(help="Only those that found none for this reason, e.g. NO_FIT.")] = "",
    currency: CurrencyOption = "", limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Payments that wait for somebody to assign or return them."""
    filters = {"account_id": account, "reason": reason, "currency": currency}
    shown = "account_id bank_reference amount_minor currency payment_reference reason order_ids received_at"
    see("order", "/payments/unmatched", tenant, filters, limit, as_json, shown)


@unmatched.command()
def assign(
    account: AccountArgument, bank_reference: BankArgument, amount: EntryArgument, order: OrderArgument,
    tenant: TenantOption, reason: ReasonOption, by: ByOption = "", at: AtOption = "", key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give a payment to an order. Exit code 1: it was refused, or it waits."""
    body = {
        "account_id": account, "bank_reference": bank_reference, "amount_minor": amount, "action": "ASSIGN",
        "order_id": order, "by": person(by), "reason": reason, "assigned_at": moment(at),
    }  # fmt: skip
    do("order", "/payments/assignments", tenant, body, key, as_json)


@unmatched.command("return")
def send_back(
    account: AccountArgument, bank_reference: BankArgument, amount: EntryArgument, tenant: TenantOption,
    reason: ReasonOption, by: ByOption = "", at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Send a payment back to who paid it. Exit code 1: it was refused, or it waits."""
    body = {
        "account_id": account, "bank_reference": bank_reference, "amount_minor": amount, "action": "RETURN",
        "by": person(by), "reason": reason, "assigned_at": moment(at),
    }  # fmt: skip
    do("order", "/payments/assignments", tenant, body, key, as_json)


# --- Claims -------------------------------------------------------------------------------------------------

claims = _group("Claims on the cover of orders: look, answer, escalate, withdraw, decide.")
ClaimArgument = Annotated[str, typer.Argument(metavar="CLAIM", help="The claim.")]


@claims.command("list")
def list_claims(
    tenant: TenantOption, state: StateOption = "",
    order: Annotated[str, typer.Option(help="Only of this order.")] = "",
    limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Claims with their clocks, by order."""
    shown = (
        "order_id claim_id kind opened_by state amount_minor currency answer_by escalates_at paid_minor open_minor"
        " buyer_minor"
    )
    see("credit", "/claims", tenant, {"state": state, "order_id": order}, limit, as_json, shown)


@claims.command("show")
def show_claim(order: OrderArgument, claim: ClaimArgument, tenant: TenantOption) -> None:
    """One claim with all its steps, as JSON. Exit code 1: there is none."""
    one("credit", path_of("orders", order, "claims", claim), tenant)


@claims.command()
def answer(
    order: OrderArgument, claim: ClaimArgument, tenant: TenantOption,
    agree: Annotated[bool, typer.Option("--agree/--contest", help="What the supplier says.")],
    amount: SomeAmountOption = None, text: str = "", at: AtOption = "", key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Answer a claim for the supplier. Exit code 1: it was refused, or it waits."""
    body = {
        "claim_id": claim, "agreed": agree, "amount_minor": amount, "text": text, "answered_at": moment(at),
    }  # fmt: skip
    do("credit", path_of("orders", order, "claims", "answers"), tenant, body, key, as_json)


@claims.command()
def escalate(
    order: OrderArgument, claim: ClaimArgument, tenant: TenantOption, at: AtOption = "", key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Escalate a claim for the buyer. Exit code 1: it was refused, or it waits."""
    body = {"claim_id": claim, "requested_at": moment(at)}
    do("credit", path_of("orders", order, "claims", "escalations"), tenant, body, key, as_json)


@claims.command()
def withdraw(
    order: OrderArgument, claim: ClaimArgument, tenant: TenantOption, text: str = "", at: AtOption = "",
    key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a claim back for the buyer. Exit code 1: it was refused, or it waits."""
    body = {"claim_id": claim, "text": text, "requested_at": moment(at)}
    do("credit", path_of("orders", order, "claims", "withdrawals"), tenant, body, key, as_json)


@claims.command()
def decide(
    order: OrderArgument, claim: ClaimArgument, tenant: TenantOption,
    uphold: Annotated[bool, typer.Option("--uphold/--reject", help="What is decided.")],
    reason: ReasonOption, amount: SomeAmountOption = None, by: ByOption = "", at: AtOption = "",
    key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Decide a claim after its inspection. Exit code 1: it was refused, or it waits."""
    body = {
        "claim_id": claim, "upheld": uphold, "amount_minor": amount, "by": person(by), "text": reason,
        "decided_at": moment(at),
    }  # fmt: skip
    do("credit", path_of("orders", order, "claims", "decisions"), tenant, body, key, as_json)


# --- Disputes -----------------------------------------------------------------------------------------------

disputes = _group("Disputes about orders: look, resolve, withdraw.")
DisputeArgument = Annotated[str, typer.Argument(metavar="DISPUTE", help="The dispute.")]


@disputes.command("list")
def list_disputes(tenant: TenantOption, limit: LimitOption = SHOWN, as_json: JsonOption = False) -> None:
    """Orders in dispute; `silkway order` shows what about."""
    shown = "order_id buyer_id supplier_id life funds currency total_minor escrow_minor disputes"
    see("order", "/orders", tenant, {"issue": "DISPUTED"}, limit, as_json, shown)


@disputes.command()
def resolve(
    order: OrderArgument, dispute: DisputeArgument,
    outcome: Annotated[str, typer.Argument(help="FOR_SUPPLIER, FOR_BUYER or SPLIT.")], tenant: TenantOption,
    refund: Annotated[int, typer.Option(min=0, help="What the buyer gets back, minor units.")] = 0,
    by: ByOption = "", at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Decide a dispute. Exit code 1: it was refused, or it waits."""
    body = {
        "dispute_id": dispute, "outcome": outcome, "refund_minor": refund, "by": person(by),
        "resolved_at": moment(at),
    }  # fmt: skip
    do("order", path_of("orders", order, "disputes", "resolutions"), tenant, body, key, as_json)


@disputes.command("withdraw")
def withdraw_dispute(
    order: OrderArgument, dispute: DisputeArgument, tenant: TenantOption, text: str = "", at: AtOption = "",
    key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a dispute back for who raised it. Exit code 1: it was refused, or it waits."""
    body = {"dispute_id": dispute, "text": text, "withdrawn_at": moment(at)}
    do("order", path_of("orders", order, "disputes", "withdrawals"), tenant, body, key, as_json)


# --- Incidents ----------------------------------------------------------------------------------------------

incidents = _group("Incidents, one for each cause: look, take in hand.")
IncidentArgument = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident.")]


@incidents.command("list")
def list_incidents(
    tenant: TenantOption, state: StateOption = "",
    cause: Annotated[str, typer.Option(help="Only of this cause, e.g. DELAY.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Open incidents, newest first."""
    filters = {"state": state, "cause": cause, "open": "" if all_ or state else "true"}
    shown = (
        "incident_id cause cause_reference state severity orders payments findings opened_at acknowledged_by"
    )
    see("notify", "/incidents", tenant, filters, limit, as_json, shown)


@incidents.command("show")
def show_incident(incident: IncidentArgument, tenant: TenantOption) -> None:
    """One incident with its orders and notices, as JSON. Exit code 1: there is none."""
    one("notify", path_of("incidents", incident), tenant)


@incidents.command()
def acknowledge(
    incident: IncidentArgument, tenant: TenantOption, note: str = "", by: ByOption = "", at: AtOption = "",
    key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take an incident in hand. Exit code 1: it was refused, or it waits."""
    body = {"by": person(by), "note": note, "acknowledged_at": moment(at)}
    do("notify", path_of("incidents", incident, "acknowledgement"), tenant, body, key, as_json)
