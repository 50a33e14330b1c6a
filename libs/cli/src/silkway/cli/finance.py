"""`silkway payouts`, `refunds`: money that is to leave escrow, and who releases it.

What the bank did with it is reported by the bank's own adapter, or with `silkway publish`.
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
    person,
    see,
)

SHOWN: Final = 100
_DUE: Final = "order_id buyer_id supplier_id account_id amount_minor currency escrow_minor"

BuyerOption = Annotated[str, typer.Option("--buyer", help="Only of this buyer.")]
SupplierOption = Annotated[str, typer.Option("--supplier", help="Only of this supplier.")]
AccountOption = Annotated[str, typer.Option("--account", help="Only of this account.")]

payouts = typer.Typer(
    help="Money that is due to suppliers: look, approve, countersign.", no_args_is_help=True
)
refunds = typer.Typer(help="Money that is due to those who paid it: look.", no_args_is_help=True)


@payouts.command("list")
def list_payouts(
    tenant: TenantOption, supplier: SupplierOption = "", buyer: BuyerOption = "", currency: CurrencyOption = "",
    limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Orders whose suppliers are to get their money."""
    filters = {"supplier_id": supplier, "buyer_id": buyer, "currency": currency}
    see("order", "/payouts/due", tenant, filters, limit, as_json, _DUE)


@payouts.command()
def approve(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The virtual account that holds it.")],
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order.")],
    amount: Annotated[int, typer.Argument(metavar="AMOUNT", min=1, help="In minor units, e.g. cents.")],
    tenant: TenantOption, by: ByOption = "", at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Approve a payout, as the first of two people. Exit code 1: it was refused, or it waits."""
    body = {
        "account_id": account, "order_id": order, "amount_minor": amount, "by": person(by),
        "approved_at": moment(at),
    }  # fmt: skip
    do("order", "/payouts/approvals", tenant, body, key, as_json)


@payouts.command()
def countersign(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The virtual account that holds it.")],
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order.")],
    amount: Annotated[int, typer.Argument(metavar="AMOUNT", min=1, help="In minor units, e.g. cents.")],
    tenant: TenantOption, by: ByOption = "", at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Release a payout that somebody else has approved. Exit code 1: it was refused, or it waits."""
    body = {
        "account_id": account, "order_id": order, "amount_minor": amount, "by": person(by),
        "countersigned_at": moment(at),
    }  # fmt: skip
    do("order", "/payouts/countersignatures", tenant, body, key, as_json)


@refunds.command("list")
def list_refunds(
    tenant: TenantOption, supplier: SupplierOption = "", buyer: BuyerOption = "", currency: CurrencyOption = "",
    limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Orders whose buyers are to get money back."""
    filters = {"supplier_id": supplier, "buyer_id": buyer, "currency": currency}
    see("order", "/refunds/due", tenant, filters, limit, as_json, _DUE)


@refunds.command("unmatched")
def list_returns(
    tenant: TenantOption, account: AccountOption = "", currency: CurrencyOption = "",
    limit: LimitOption = SHOWN, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Payments without an order that somebody decided to send back, until their bank has done so."""
    shown = "account_id bank_reference amount_minor returned_minor currency decided_by decided_reason"
    see(
        "order",
        "/payments/return-due",
        tenant,
        {"account_id": account, "currency": currency},
        limit,
        as_json,
        shown,
    )
