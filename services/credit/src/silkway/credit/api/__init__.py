"""The credit service over HTTP: suppliers, rates, claims and proofs in; limits, scores, holds and claims out."""

from silkway.credit.api import claims, facts, holds, suppliers
from silkway.credit.api.door import API

__all__ = ["API", "claims", "facts", "holds", "suppliers"]
