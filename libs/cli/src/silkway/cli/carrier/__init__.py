"""A carrier that answers bookings as carriers do: it takes most, refuses some, moves some to a later departure."""
