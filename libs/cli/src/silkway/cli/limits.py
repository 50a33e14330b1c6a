"""`silkway limits`: suppliers' limits, and another than the rules give, which takes two people."""

from __future__ import annotations

from typing import Annotated

import typer

from silkway.cli.desk import (
    AtOption,
    ByOption,
    JsonOption,
    KeyOption,
    TenantOption,
    do,
    moment,
    one,
    path_of,
    person,
)

SupplierArgument = Annotated[str, typer.Argument(metavar="SUPPLIER", help="The supplier.")]
OverrideArgument = Annotated[str, typer.Argument(metavar="OVERRIDE", help="The override, as you call it.")]

limits = typer.Typer(help="Limits of suppliers: look, propose another, approve it.", no_args_is_help=True)


@limits.command()
def show(supplier: SupplierArgument, tenant: TenantOption) -> None:
    """One supplier with its limit, the reasons for it and its overrides, as JSON. Exit code 1: there is none."""
    one("credit", path_of("suppliers", supplier), tenant)


@limits.command()
def propose(
    supplier: SupplierArgument, override: OverrideArgument,
    amount: Annotated[int, typer.Argument(metavar="AMOUNT", min=0, help="The limit, in cents.")],
    tenant: TenantOption, until: Annotated[str, typer.Option(help="Up to when, RFC 3339.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept and told with the limit.")],
    by: ByOption = "", at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Propose another limit than the rules give, as the first of two. Exit code 1: it was refused, or it waits."""
    body = {
        "override_id": override, "limit_minor": amount, "until": until, "reason": reason, "by": person(by),
        "proposed_at": moment(at),
    }  # fmt: skip
    do("credit", path_of("suppliers", supplier, "overrides"), tenant, body, key, as_json)


@limits.command()
def approve(
    supplier: SupplierArgument, override: OverrideArgument, tenant: TenantOption, by: ByOption = "",
    at: AtOption = "", key: KeyOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Approve a limit that somebody else has proposed. Exit code 1: it was refused, or it waits."""
    body = {"override_id": override, "by": person(by), "approved_at": moment(at)}
    do("credit", path_of("suppliers", supplier, "overrides", "approvals"), tenant, body, key, as_json)
