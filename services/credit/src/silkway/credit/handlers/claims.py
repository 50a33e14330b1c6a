"""What buyers, suppliers and the platform say about claims on the cover of an order."""

from collections.abc import Callable
from functools import partial
from typing import Any

from silkway.contracts import (
    ClaimAnswered,
    ClaimDecided,
    ClaimRequested,
    EscalationRequested,
    Event,
    ProofGiven,
    RecoveryReceived,
    WithdrawalRequested,
)
from silkway.credit import domain
from silkway.credit.handlers.routing import carry_out, home, router, with_supplier
from silkway.messaging import Fact, Work


@router.on(ClaimRequested, names=home)
def claim_requested(work: Work, fact: Fact[ClaimRequested]) -> None:
    def rule(book: domain.Book) -> None:
        domain.request(book, fact.data, fact.id, fact.known_at)

    carry_out(work, fact.data.order_id, rule, fact.id, with_supplier=False)


def _said(rule: Callable[..., None], work: Work, fact: Fact[Any]) -> None:
    def write(book: domain.Book) -> None:
        rule(book, fact.data, fact.known_at)

    carry_out(work, fact.data.order_id, write, fact.id, with_supplier=True)


_RULES: tuple[tuple[type[Event], Callable[..., None]], ...] = (
    (ClaimAnswered, domain.answer),
    (EscalationRequested, domain.escalate),
    (WithdrawalRequested, domain.give_up),
    (ClaimDecided, domain.decide_claim),
    (RecoveryReceived, domain.recover),
    (ProofGiven, domain.prove),
)

for _event, _rule in _RULES:
    router.on(_event, names=home, more=with_supplier)(partial(_said, _rule))
