"""The types of the fields of all events: shapes, units and limits in one place.

Values read from JSON are checked without leniency: no text for a number, no number for a time, no float for
money. All checks but `TimeZone`'s run in pydantic's compiled core, because consumers read in hot loops.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, GetPydanticSchema, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from silkway.contracts.codes import COUNTRIES, CURRENCIES

MAX_MINOR: Final = 2**63 - 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME: Final = datetime(2200, 1, 1, tzinfo=UTC)

ID_PATTERN: Final = r"[A-Za-z0-9._:/#-]{1,64}"
TENANT_PATTERN: Final = r"[a-z0-9][a-z0-9-]{0,39}"
MOMENT_PATTERN: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE_PATTERN: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# No control characters: databases and terminals choke on them.
_TEXT_PATTERN: Final = r"^[^\x00-\x1f\x7f]*$"


def _json_text(pattern: str, parsed: core_schema.CoreSchema, hint: str) -> core_schema.CoreSchema:
    """Read from JSON only text of this pattern (pydantic alone would take "1700000000" for a time)."""
    text = _hinted(core_schema.str_schema(pattern=f"^{pattern}$", strict=True), hint)
    lenient = {**parsed, "strict": False}
    from_json = core_schema.chain_schema([text, lenient])
    return core_schema.json_or_python_schema(from_json, parsed)


def _hinted(schema: core_schema.CoreSchema, hint: str) -> core_schema.CoreSchema:
    """The same checks with an error that says what to send."""
    return core_schema.custom_error_schema(schema, "expected", custom_error_message=f"Input should be {hint}")


def _moment(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return _json_text(
        MOMENT_PATTERN,
        core_schema.datetime_schema(tz_constraint="aware", ge=EPOCH, lt=END_OF_TIME, strict=True),
        "a time by RFC 3339 with offset, e.g. 2026-03-01T09:30:00+08:00",
    )


def _date(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return _json_text(
        _DATE_PATTERN,
        core_schema.date_schema(ge=EPOCH.date(), lt=END_OF_TIME.date(), strict=True),
        "a date, e.g. 2026-03-01",
    )


def _one_of(codes: tuple[str, ...], hint: str) -> GetPydanticSchema:
    # Typed as str for its users, checked as a closed list.
    return GetPydanticSchema(lambda _source, _handler: _hinted(core_schema.literal_schema(list(codes)), hint))


def _text(pattern: str, max_length: int, hint: str) -> GetPydanticSchema:
    schema = core_schema.str_schema(pattern=pattern, min_length=1, max_length=max_length, strict=True)
    return GetPydanticSchema(lambda _source, _handler: _hinted(schema, hint))


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_time_zone(name: str) -> str:
    # A machine without a time zone database cannot tell, so it lets every well-formed name pass.
    if _time_zones() and name not in _time_zones():
        raise PydanticCustomError(
            "time_zone", "Input should be the name of an IANA time zone, e.g. Asia/Shanghai"
        )
    return name


Id = Annotated[str, _text(f"^{ID_PATTERN}$", 64, "1 to 64 of letters, digits and . _ : / # -")]
"""An id of the sender's: 1 to 64 of letters, digits and . _ : / # -"""

DerivedId = Annotated[str, _text(r"^[ -~]*$", 200, "1 to 200 printable ASCII characters")]
"""An id that a service of ours made, at times out of several of the sender's: 1 to 200 printable ASCII."""

Reference = Annotated[
    str,
    _text(
        r"^[A-Za-z0-9/?:().,'+#_ -]*$", 64, "1 to 64 of letters, digits, space and / ? : ( ) . , ' + # _ -"
    ),
]
"""What banks and carriers call something: 1 to 64 of SWIFT's character set X, # and _."""

Tenant = Annotated[str, _text(f"^{TENANT_PATTERN}$", 40, "1 to 40 of a-z, 0-9 and -, not starting with -")]
"""A tenant: 1 to 40 of a-z, 0-9 and -, not starting with -. Scenario tenants start with `sim-`."""

Code = Annotated[str, _text(r"^[A-Z][A-Z0-9_]*$", 40, "1 to 40 of A-Z, 0-9 and _, starting with a letter")]
"""An open list of upper-case words, such as kinds of references: 1 to 40 of A-Z, 0-9 and _."""

Name = Annotated[str, _text(_TEXT_PATTERN, 200, "1 to 200 characters without control characters")]
"""One line of text for people, 1 to 200 characters."""

Text = Annotated[str, _text(_TEXT_PATTERN, 500, "1 to 500 characters without control characters")]
"""One line of text for people, 1 to 500 characters."""


class _Personal:
    """Marks what people write or are named in; JSON Schema says so as x-personal."""

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: Any) -> Any:
        return {**handler(schema), "x-personal": True}


PERSONAL: Final = _Personal()

PersonalName = Annotated[Name, PERSONAL]
"""A `Name` that may be a person's, or the seal that stands for it."""

PersonalText = Annotated[Text, PERSONAL]
"""A `Text` that a person wrote or that may name one, or the seal that stands for it."""

AmountMinor = Annotated[int, Field(ge=0, le=MAX_MINOR)]
"""Money in minor units of its currency (cents), 0 to 2^63-1."""

PositiveMinor = Annotated[int, Field(ge=1, le=MAX_MINOR)]
"""Money in minor units of its currency (cents), 1 to 2^63-1."""

SignedMinor = Annotated[int, Field(ge=-MAX_MINOR, le=MAX_MINOR)]
"""Money in minor units of its currency (cents), of either sign."""

Rate = Annotated[
    str,
    _text(
        r"^(0[.]0*[1-9][0-9]*|[1-9][0-9]{0,8}([.][0-9]+)?)$",
        22,
        "a decimal number above 0 as text, up to 22 characters, e.g. 1.0842",
    ),
]
"""What one unit of a currency is worth in units of another: decimal text above 0, never a float."""
Grams = Annotated[int, Field(ge=0, le=10**12)]
"""Weight in grams, 0 to a million tonnes."""

VolumeCm3 = Annotated[int, Field(ge=0, le=10**13)]
"""Volume in cubic centimetres, 0 to ten million m³."""

BasisPoints = Annotated[int, Field(ge=0, le=100_000)]
"""Hundredths of a per cent, 0 to 1,000%."""

Weekday = Annotated[int, Field(ge=1, le=7)]
"""Day of the week by ISO 8601, 1 (Monday) to 7."""

Quantity = Annotated[int, Field(ge=1, le=10**12)]
"""Pieces of a line, 1 to 10^12."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""How many, 0 to a million."""

Moment = Annotated[datetime, GetPydanticSchema(_moment), Field(json_schema_extra={"format": "date-time"})]
"""A time, RFC 3339 with offset, 1970 to 2199. The offset is kept; digits beyond microseconds are cut off."""

Day = Annotated[date, GetPydanticSchema(_date), Field(json_schema_extra={"format": "date"})]
"""A local date, YYYY-MM-DD, 1970 to 2199."""

Currency = Annotated[str, _one_of(tuple(sorted(CURRENCIES)), "an ISO 4217 code, e.g. USD")]
"""ISO 4217 alphabetic code."""

Country = Annotated[str, _one_of(COUNTRIES, "an ISO 3166-1 alpha-2 code, e.g. CN")]
"""ISO 3166-1 alpha-2 code, or XK."""

Location = Annotated[str, _text(r"^[A-Z]{2}[A-Z2-9]{3}$", 5, "a UN/LOCODE without space, e.g. CNNGB")]
"""A place of the UN's list: country and three more characters, without space, e.g. CNNGB."""

SourceName = Annotated[str, _text(r"^[!-~]*$", 200, "a URI-reference, 1 to 200 characters")]
"""The CloudEvents source of another event: 1 to 200 characters."""

TimeZone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_+/-]*$", min_length=1, max_length=64),
    AfterValidator(_known_time_zone),
]
"""Name of an IANA time zone, e.g. Asia/Shanghai."""

Incoterm = Literal[
    "EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP",
    "DAT", "DAF", "DES", "DEQ", "DDU",
]  # fmt: skip
"""Incoterms 2020, and those of 2000 and 2010 that contracts still name."""

Party = Literal["BUYER", "SUPPLIER"]
BalanceDue = Literal["BEFORE_SHIPMENT", "AFTER_DELIVERY"]
PlaceOn = Literal["BOTH_CONFIRMED", "FIRST_PAYMENT"]
Coverage = Literal["NONE", "BEFORE_SHIPMENT", "AFTER_DELIVERY"]
Mode = Literal["SEA", "AIR", "AIR_CHARTER", "ROAD", "RAIL", "EXPRESS", "UNSPECIFIED"]
CarriageMode = Literal["SEA", "AIR", "AIR_CHARTER", "ROAD", "RAIL", "EXPRESS"]
QuoteRefusal = Literal["EXPIRED", "UNKNOWN", "MISMATCH"]
CancellationCause = Literal["CANCELLED", "AMENDED"]
Classifier = Literal["PLANNED", "ESTIMATED", "ACTUAL"]
MilestoneKind = Literal[
    "BOOKED", "COLLECTED", "ORIGIN_IN", "CUSTOMS_HOLD", "CUSTOMS_RELEASED", "LOADED", "DEPARTED",
    "TRANSSHIPPED", "ARRIVED", "DISCHARGED", "AVAILABLE", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED",
    "DELIVERED", "EXCEPTION",
]  # fmt: skip
MilestoneDoubt = Literal["TIME", "PLACE"]
ShipmentState = Literal[
    "QUOTED", "BOOKED", "IN_TRANSIT", "AVAILABLE", "OUT_FOR_DELIVERY", "DELIVERED", "CLOSED"
]
Promise = Literal["ON_TIME", "FIVE_DAY_LINE", "ANSWER_24H"]
LogisticsState = Literal["NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED"]
ShippedState = Literal["BOOKED", "PART_SHIPPED", "SHIPPED"]
DeliveredState = Literal["PART_DELIVERED", "DELIVERED"]
AcceptedBy = Literal["RECEIPT", "PERIOD", "RESOLUTION"]
UndeliveredState = Literal["NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED"]
FundsState = Literal["UNPAID", "PART_PAID", "FUNDED"]
InspectionGate = Literal["BEFORE_BALANCE", "BEFORE_SHIPMENT"]
DisputeKind = Literal["LATE", "QUALITY", "QUANTITY", "NOT_RECEIVED", "OTHER"]
DisputeOutcome = Literal["FOR_SUPPLIER", "FOR_BUYER", "SPLIT"]
DisputeEnd = Literal["FOR_SUPPLIER", "FOR_BUYER", "SPLIT", "WITHDRAWN"]
CancelledBy = Literal["BUYER", "SUPPLIER", "RESOLUTION"]
MatchedBy = Literal["REFERENCE", "AMOUNT", "ASSIGNMENT"]
AssignmentAction = Literal["ASSIGN", "RETURN"]
UnmatchedReason = Literal[
    "UNKNOWN_ACCOUNT", "UNKNOWN_REFERENCE", "WRONG_CURRENCY", "ORDER_CANCELLED", "AMBIGUOUS", "NO_FIT",
    "BEYOND_LIMIT",
]  # fmt: skip
AmendmentRefusal = Literal[
    "NOTHING_CHANGED", "CANCELLED", "DELIVERED", "COMPLETED", "LINE_SHIPPED", "DEPOSIT_BEYOND_TOTAL",
    "NEVER_PAYABLE", "BEYOND_LIMIT",
]  # fmt: skip
CancellationRefusal = Literal["SHIPPED", "COMPLETED", "ALREADY_CANCELLED"]
RefundReason = Literal["OVERPAID", "CANCELLED", "AMENDED", "DISPUTE"]
RefundWithdrawal = Literal["RETURNED", "REINSTATED", "AMENDED", "PAID_OUT"]
HoldRefusal = Literal["NO_FREE_LIMIT", "NO_RATE", "UNKNOWN_SUPPLIER", "CANCELLED"]
ClaimKind = Literal["LATE", "QUALITY", "NOT_RECEIVED"]
ClaimOpener = Literal["SYSTEM", "BUYER"]
WithdrawalReason = Literal["SHIPPED_IN_TIME", "AMENDED", "CANCELLED", "GIVEN_UP"]
RecoveryReason = Literal["PAID", "NO_GROUND", "PAID_TWICE", "PAID_AGAIN"]
ClaimRefusal = Literal["NO_COVER", "COVER_ENDED", "BEYOND_TOTAL", "SAME_KIND_OPEN"]
ScorePart = Literal["PUNCTUALITY", "DISPUTES", "CLAIMS", "ANSWERS", "VOLUME"]
Audience = Literal["OPERATIONS", "BUYER", "SUPPLIER"]
Severity = Literal["INFO", "WARNING", "CRITICAL"]
Language = Literal["en", "zh-Hans", "ar"]
"""BCP 47 tag of a language that notices are written in."""
Channel = Literal["WEBHOOK", "EMAIL"]
DeliveryOutcome = Literal["DELIVERED", "FAILED", "REFUSED", "GONE"]
"""What became of one attempt: taken; failed for now; refused for good; the address is no more."""

ClockTime = Annotated[
    str, _text(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", 5, "a time of day from 00:00 to 23:59, e.g. 22:30")
]
"""A local time of day, HH:MM."""
