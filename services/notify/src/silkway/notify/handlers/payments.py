"""Money that found no order: an incident of its account, until it finds one or goes back."""

from msgspec.structs import replace

from silkway.contracts import PaymentMatched, PaymentUnmatched, ReturnDue, UnmatchedReturned
from silkway.messaging import Fact, Name, Work
from silkway.messaging.routing import Look
from silkway.notify.books import RULEBOOK
from silkway.notify.domain.concerns import begun
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.notices import Case
from silkway.notify.domain.state import AccountView, PaymentView
from silkway.notify.handlers.gathering import begun_by, join_incident, leave_incident
from silkway.notify.handlers.routing import router
from silkway.notify.handlers.telling import tell
from silkway.notify.store import ACCOUNT, INCIDENT, PAYMENT

_Gone = ReturnDue | UnmatchedReturned


def _account_and_payment_of(told: PaymentUnmatched | _Gone) -> list[Name]:
    return [ACCOUNT[told.account_id], PAYMENT[told.payment_id]]


@router.on(
    PaymentUnmatched,
    names=_account_and_payment_of,
    # Named in the second step as all other incidents are: one batch then needs no third.
    more=lambda told, _: [INCIDENT[name] for name in sorted(begun_by(told))],
)
def payment_unmatched(work: Work, fact: Fact[PaymentUnmatched]) -> None:
    """Money found no order. Where it has found one since, as another topic told, nobody needs to hear."""
    told, rules = fact.data, RULEBOOK.at(fact.known_at)
    payment = work.get(PAYMENT, told.payment_id) or PaymentView(fact.tenant, told.payment_id)
    is_known = payment.unmatched
    payment = replace(payment, unmatched=True, known_at=fact.known_at)
    account = work.get(ACCOUNT, told.account_id) or AccountView(fact.tenant, told.account_id)
    work.put(
        ACCOUNT,
        told.account_id,
        replace(account, unmatched=account.unmatched + (not is_known), known_at=fact.known_at),
    )
    asked = Asked(told)
    matching = [] if payment.settled else rules.matching(asked)
    incidents: dict[str, str | None] = {}
    for rule in matching:
        new = begun(rule, asked)
        if new is None:
            continue
        incidents[rule.rule] = incident_id = new.cited.incident_id
        if not payment.number:
            number = join_incident(work, rules, new.cited, "payment", told.payment_id)
            payment = replace(payment, incident_id=incident_id, number=number)
    work.put(PAYMENT, told.payment_id, payment)
    tell(work, rules, matching, Case(fact.tenant, fact.id, fact.known_at, asked, None, {}), incidents)


def money_gone(work: Work, fact: Fact[_Gone]) -> None:
    """Money that found no order goes back, as people decided or its bank did."""
    account = work.get(ACCOUNT, fact.data.account_id) or AccountView(fact.tenant, fact.data.account_id)
    work.put(ACCOUNT, fact.data.account_id, replace(account, known_at=fact.known_at))
    settle(work, fact.data.payment_id)


def incident_of_payment(told: PaymentMatched | _Gone, look: Look) -> list[Name]:
    """The incident that has the payment."""
    payment: PaymentView | None = look(PAYMENT, told.payment_id)
    if payment is None or payment.incident_id is None or not payment.number:
        return []
    return [INCIDENT[payment.incident_id]]


def settle(work: Work, payment_id: str) -> None:
    """The money has its place: it leaves the incident that has it."""
    payment = work.get(PAYMENT, payment_id) or PaymentView(work.tenant, payment_id)
    if payment.incident_id is not None and payment.number:
        leave_incident(work, payment.incident_id, "payment", payment_id)
    work.put(PAYMENT, payment_id, replace(payment, settled=True, number=0, known_at=work.known_at))


router.on(ReturnDue, names=_account_and_payment_of, more=incident_of_payment)(money_gone)
router.on(UnmatchedReturned, names=_account_and_payment_of, more=incident_of_payment)(money_gone)
