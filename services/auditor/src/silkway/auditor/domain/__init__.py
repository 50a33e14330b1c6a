"""The auditor's rules: what is said goes in, what contradicts it comes out. No IO, no clock, no chance."""

from silkway.auditor.domain.fold import Fold, Seen, books_of, judge, see
from silkway.auditor.domain.state import Book, Breach, Finding, Invariant

__all__ = ["Book", "Breach", "Finding", "Fold", "Invariant", "Seen", "books_of", "judge", "see"]
