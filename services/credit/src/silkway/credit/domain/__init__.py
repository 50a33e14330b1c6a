"""The rules of credit assurance as pure functions: (state, fact, when it was known) -> state, events."""

from silkway.credit.domain.amendment import amend
from silkway.credit.domain.asking import request
from silkway.credit.domain.book import Book, Denied, NoSupplier, TooEarly
from silkway.credit.domain.hold import CLAIM_WINDOW, ask
from silkway.credit.domain.ledger import (
    Assessment,
    ClaimStep,
    Counted,
    Hold,
    RateRow,
    Reason,
    Resolution,
    ScoreChange,
)
from silkway.credit.domain.life import cancel, deliver, next_due, record, undeliver, wake
from silkway.credit.domain.money import in_history, publish
from silkway.credit.domain.override import approve, override_key, propose
from silkway.credit.domain.promise import promise
from silkway.credit.domain.recovery import divide, recover
from silkway.credit.domain.rules import HoldRules, LimitRules, Rules, ScoreRules
from silkway.credit.domain.shipment import (
    arrive,
    dispatch,
    expect,
    link,
    prove,
    retract_dispatch,
    track,
    withdraw_sign,
)
from silkway.credit.domain.state import (
    Agreed,
    Claim,
    Currency,
    Order,
    Override,
    Part,
    Promise,
    PublishedRate,
    Recovery,
    Shipment,
    Supplier,
)
from silkway.credit.domain.supplier import (
    Assessed,
    assess,
    close_dispute,
    complete,
    next_assessment,
    register,
)
from silkway.credit.domain.words import answer, decide_claim, escalate, give_up

__all__ = [
    "CLAIM_WINDOW", "Agreed", "Assessed", "Assessment", "Book", "Claim", "ClaimStep", "Counted", "Currency", "Denied",
    "Hold", "HoldRules", "LimitRules", "NoSupplier", "Order", "Override", "Part", "Promise", "PublishedRate",
    "RateRow", "Reason", "Recovery", "Resolution", "Rules", "ScoreChange", "ScoreRules", "Shipment", "Supplier",
    "TooEarly", "amend", "answer", "approve", "arrive", "ask", "assess", "cancel", "close_dispute", "complete",
    "decide_claim", "deliver", "dispatch", "divide", "escalate", "expect", "give_up", "in_history", "link",
    "next_assessment", "next_due", "override_key", "promise", "propose", "prove", "publish", "record", "recover",
    "register", "request", "retract_dispatch", "track", "undeliver", "wake", "withdraw_sign",
]  # fmt: skip
