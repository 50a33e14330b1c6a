"""`silkway quote`: what it costs to have goods carried, and by whom."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.money import written
from silkway.contracts import CURRENCIES
from silkway.messaging.keys import authorization

_G_A_KG: Final = 3
_CM3_A_M3: Final = 6


def quote(
    origin: Annotated[str, typer.Argument(help="Where it is, UN/LOCODE, e.g. CNNGB.")],
    destination: Annotated[str, typer.Argument(help="Where it is to go, UN/LOCODE, e.g. DEHAM.")],
    tenant: Annotated[str, typer.Option(help="Whose goods.")],
    ready_on: Annotated[str, typer.Option(help="Day from which they can be collected, e.g. 2026-03-10.")],
    weight: Annotated[str, typer.Option(help="Gross weight in kilograms, e.g. 1850.5.")],
    volume: Annotated[str, typer.Option(help="Volume in cubic metres, e.g. 7.4.")],
    packages: Annotated[int, typer.Option(min=1, help="How many packages.")] = 1,
    value: Annotated[str, typer.Option(help="Value of the goods, to see insurance, e.g. 12000.00.")] = "",
    currency: Annotated[str, typer.Option(help="Currency of the value.")] = "USD",
    deliver_by: Annotated[str, typer.Option(help="Only what arrives by this day.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Ask for a quote and show its options. Exit code 1: nobody offers it; 2: wrong usage or no answer."""
    need: dict[str, Any] = {
        "origin": origin, "destination": destination, "ready_on": ready_on, "packages": packages,
        "gross_g": _scaled("--weight", weight, _G_A_KG), "volume_cm3": _scaled("--volume", volume, _CM3_A_M3),
    }  # fmt: skip
    if value:
        if currency not in CURRENCIES:
            fail(f"--currency: {currency} is no ISO 4217 code.")
        need |= {"value_minor": _scaled("--value", value, CURRENCIES[currency]), "currency": currency}
    if deliver_by:
        need["deliver_by"] = deliver_by
    api = addresses.find().apis["logistics"]
    try:
        answer = httpx.post(
            f"{api}/quotes", json=need, headers={"Silkway-Tenant": tenant, **authorization()}, timeout=10
        )
    except httpx.HTTPError as error:
        fail(f"{api}: {error}. Is the system up? See `silkway status`.")
    if not answer.is_success:
        problem = answer.json()
        remedies = " ".join(e["remedy"] for e in problem.get("errors", []))
        code = FINDINGS if answer.status_code == httpx.codes.NOT_FOUND else 2
        fail(f"{problem.get('detail', answer.text[:500])} {remedies}".strip(), code)
    given = answer.json()["quote"]
    if as_json:
        print_json(given)
    else:
        _show(given)


def _scaled(option: str, text: str, digits: int) -> int:
    """So many units in whole parts of 10^digits a unit; what does not come out whole is refused."""
    try:
        parts = Decimal(text).scaleb(digits)
        if parts >= 0 and parts == parts.to_integral_value():
            return int(parts)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    fail(f"{option}: {text!r} is no amount of at most {digits} digits after the point, e.g. 12.5.")


def _show(given: dict[str, Any]) -> None:
    table = Table(
        "option", "mode", "carrier", "service", "departs", "arrives", "km", "charged", "price", "made of",
        title=f"Quote {given['quote_id']}, until {given['valid_until'][:16].replace('T', ' ')}", title_justify="left",
    )  # fmt: skip
    for option in given["options"]:
        extras = [name for name in ("priority", "insured") if option.get(name)]
        charged = (
            f"{option['containers']} containers"
            if option.get("containers")
            else f"{Decimal(option['chargeable_g']) / 1000:,} kg"
        )
        parts = ", ".join(
            f"{charge['code'].lower().replace('_', ' ')} {written(charge['amount_minor'], option['currency'])[4:]}"
            for charge in option["charges"]
        )
        table.add_row(
            option["option_id"], option["mode"], escape(option["carrier"]), " ".join([option["service"], *extras]),
            option["departs_on"], option["arrives_on"], f"{option.get('distance_km', 0) or 0:,}", charged,
            written(option["price_minor"], option["currency"]), parts,
        )  # fmt: skip
    OUT.print(table)
