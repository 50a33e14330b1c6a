"""Erasures are kept, so that they can be applied again. What was erased is in no database of ours."""

import datetime as dt

from silkway.contracts import DataErased
from silkway.messaging import Fact, Work
from silkway.notify.domain.erasure import Erasure
from silkway.notify.handlers.routing import router
from silkway.notify.store import ERASURE


@router.on(DataErased, names=lambda told: [ERASURE[told.erasure_id]])
def data_erased(work: Work, fact: Fact[DataErased]) -> None:
    """Told again, the first stands."""
    told = fact.data
    if work.get(ERASURE, told.erasure_id) is None:
        erasure = Erasure(
            fact.tenant,
            told.erasure_id,
            told.about,
            told.by,
            told.erased_at.astimezone(dt.UTC),
            fact.known_at,
        )
        work.put(ERASURE, told.erasure_id, erasure)
