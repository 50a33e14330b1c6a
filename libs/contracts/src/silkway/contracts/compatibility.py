"""Which changes of the contracts break somebody, judged on two sets of JSON Schemas.

Two rules. What was once valid stays readable with the same meaning, because the log keeps old events for ever
and senders upgrade when they like: so nothing is removed, nothing narrowed, nothing newly required. What our
own services always gave they go on giving, because readers count on it: so nothing required becomes optional.
Everything else, such as a new event, an optional field or one more value of a list, is an addition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Schema = dict[str, Any]

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_EXACT: Final = ("pattern", "format")  # whether another one is wider cannot be told, so any other is a break
_ADDRESS: Final = ("x-topic", "x-subject", "x-key")


def breaks(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """What `current` breaks of `released` (both: CloudEvents type -> schema), one line each; empty if nothing."""
    found: list[str] = []
    for name, old in sorted(released.items()):
        new = current.get(name)
        if new is None:
            found.append(f"{name}: removed event")
            continue
        found += [
            f"{name}: changed {address}: {old.get(address)} -> {new.get(address)}"
            for address in _ADDRESS
            if old.get(address) != new.get(address)
        ]
        ours = old.get("x-published-by") == "silkway"
        found += [f"{name}: {line}" for line in _Comparison(old, new, ours).compare(old, new, "$")]
    return found


class _Comparison:
    """One event's old and new schema; `ours` if Silkway publishes it."""

    def __init__(self, old_root: Schema, new_root: Schema, ours: bool) -> None:
        self._old_definitions: Schema = old_root.get("$defs", {})
        self._new_definitions: Schema = new_root.get("$defs", {})
        self._ours = ours

    def compare(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old, new = _resolved(old, self._old_definitions), _resolved(new, self._new_definitions)
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(old, new, path)
            return
        if old.get("type") != new.get("type") and "type" in new:
            yield f"{path}: changed type: {old.get('type')} -> {new.get('type')}"
            return
        yield from self._limits(old, new, path)
        yield from self._fields(old, new, path)
        if "items" in old and "items" in new:
            yield from self.compare(old["items"], new["items"], f"{path}[]")

    def _alternatives(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Each old alternative (T or null) needs a new one of its type."""
        new_by_type = {
            choice.get("type"): choice
            for choice in (_resolved(c, self._new_definitions) for c in new.get("anyOf", [new]))
        }
        for choice in old.get("anyOf", [old]):
            kind = _resolved(choice, self._old_definitions).get("type")
            if kind in new_by_type:
                yield from self.compare(choice, new_by_type[kind], path)
            else:
                yield f"{path}: narrowed type: {kind} is gone"

    def _limits(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        yield from _narrowed_bounds(old, new, path, _LOWER_BOUNDS, lambda a, b: b > a)
        yield from _narrowed_bounds(old, new, path, _UPPER_BOUNDS, lambda a, b: b < a)
        for word in _EXACT:
            if word in new and old.get(word) != new[word]:
                yield f"{path}: narrowed {word}: {old.get(word)} -> {new[word]}"
        old_values, new_values = _values(old), _values(new)
        if new_values is not None:
            gone = "any value" if old_values is None else sorted(map(str, set(old_values) - set(new_values)))
            if gone:
                yield f"{path}: narrowed enum: {gone} gone"

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
        old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
        for field in sorted(new_required - old_required):
            yield f"{path}.{field}: newly required field"
        for field, old_field in sorted(old_fields.items()):
            if field not in new_fields:
                yield f"{path}.{field}: removed field"
                continue
            if self._ours and field in old_required - new_required:
                yield f"{path}.{field}: no longer always given"
            yield from self.compare(old_field, new_fields[field], f"{path}.{field}")


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = definitions[reference.removeprefix("#/$defs/")]
    return definition


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _narrowed_bounds(
    old: Schema, new: Schema, path: str, words: tuple[str, ...], narrower: Callable[[int, int], bool]
) -> Iterator[str]:
    for word in words:
        if word in new and (word not in old or narrower(old[word], new[word])):
            yield f"{path}: narrowed {word}: {old.get(word)} -> {new[word]}"
