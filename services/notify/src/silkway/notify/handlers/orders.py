"""What notify does about each event of an order: see it, write it into the timeline, tell whom it concerns."""

from typing import get_args

from msgspec.structs import replace

from silkway.messaging import Fact, Name, Work
from silkway.notify.domain import view as views
from silkway.notify.domain.notices import notices
from silkway.notify.domain.state import OrderView, Step
from silkway.notify.domain.timeline import entry
from silkway.notify.handlers.channels import pass_on
from silkway.notify.handlers.delivering import deliver
from silkway.notify.handlers.routing import router
from silkway.notify.store import FEED, ORDER, TIMELINE


def _order_of(told: views.Told) -> list[Name]:
    return [ORDER[told.order_id]]


def order_told(work: Work, fact: Fact[views.Told]) -> None:
    order_id = fact.data.order_id
    view = work.get(ORDER, order_id) or OrderView(fact.tenant, order_id)
    view = views.see(view, fact.data, fact.known_at)
    work.put(ORDER, order_id, view)
    line = entry(view, fact.data, fact.id, fact.known_at)
    step = Step(line.tenant, line.order_id, line.teller, line.position)
    work.append(TIMELINE, line)
    work.append(FEED, step)
    pass_on(work, fact)
    for notice in notices(fact.tenant, fact.data, fact.id, fact.known_at):
        deliver(work, notice, replace(step, notice_id=notice.notice_id))


for _event in get_args(views.Told):
    router.on(_event, names=_order_of)(order_told)
