"""Rates, quotes and bookings."""

from silkway.contracts import BookingRefused, BookingRolled, QuoteChosen, QuoteGiven, RateCardPublished
from silkway.messaging import Router

router = Router()
router.ignore(RateCardPublished, QuoteGiven, QuoteChosen, BookingRefused, BookingRolled)
