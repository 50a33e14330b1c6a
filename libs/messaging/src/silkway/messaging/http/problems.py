"""Everything that goes wrong over HTTP, as problem documents (RFC 9457, application/problem+json)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE: Final = "application/problem+json"
_MAX_ERRORS: Final = 20

_REMEDIES: Final = {
    "missing": "Add it.",
    "extra_forbidden": "Leave it out, or see /openapi.json for its right name.",
    "string_pattern_mismatch": "See its description in /openapi.json for the characters allowed.",
    "int_type": "Send a whole number, without quotes or a decimal point.",
    "int_from_float": "Send a whole number.",
    "less_than_equal": "Send a smaller value.",
    "greater_than_equal": "Send a greater value.",
    "timezone_aware": "Add the offset, e.g. 2026-03-01T09:30:00+08:00 or …Z.",
    "literal_error": "Send one of the values listed.",
}


class FieldError(BaseModel):
    """One thing wrong with a request."""

    field: str
    """A path into the body (lines[0].quantity; $ is the whole), or the name of a header or parameter."""
    reason: str
    """What is wrong with it."""
    remedy: str
    """What the sender can do."""


class ProblemDocument(BaseModel):
    """A problem as RFC 9457 writes it."""

    type: str
    """Names the kind of problem: urn:silkway:problem:<code>."""
    title: str
    """The kind of problem in words, always the same for a type."""
    status: int
    """The HTTP status."""
    detail: str
    """What happened this time."""
    instance: str
    """The path that was asked for."""
    errors: list[FieldError] = []
    """What is wrong, field by field; at most 20."""


class Problem(Exception):
    """Raised anywhere below a request, it becomes the answer. `code` is stable and for programs."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = errors, dict(headers or {})

    def response(self, instance: str) -> JSONResponse:
        """The answer to a request for the path `instance`."""
        document = ProblemDocument(
            type=f"urn:silkway:problem:{self.code}",
            title=self.code.replace("-", " ").capitalize(),
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=list(self.errors[:_MAX_ERRORS]),
        )
        return JSONResponse(document.model_dump(), self.status, self.headers, media_type=MEDIA_TYPE)


def bad_request(field: str, reason: str, remedy: str) -> Problem:
    """400: a request that cannot be read because of one field."""
    return Problem(
        400, "bad-request", f"{field}: {reason}", [FieldError(field=field, reason=reason, remedy=remedy)]
    )


def invalid(errors: Sequence[FieldError]) -> Problem:
    """422: a request that was read and whose content is wrong."""
    return Problem(422, "invalid-content", "; ".join(f"{e.field}: {e.reason}" for e in errors[:3]), errors)


def not_found(what: str) -> Problem:
    """404: `what` (an order PO-1) is not known here, or not yet."""
    return Problem(404, "not-found", f"{what} is not known here, or not yet")


def unavailable(what: str, advice: str = "Repeat the request.") -> Problem:
    """503: something this service stands on (Kafka, the database) does not answer at the moment."""
    return Problem(503, "unavailable", f"{what} does not answer. {advice}", headers={"Retry-After": "1"})


def field_errors(findings: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's findings in our words; `loc` may start with FastAPI's "body", "query", "header" or "path"."""
    return [
        FieldError(
            field=_path(finding["loc"]),
            reason=str(finding["msg"])[:300]
            .replace("Input should", "it should")
            .replace("Field required", "it is missing"),
            remedy=_REMEDIES.get(finding["type"], "See its description in /openapi.json."),
        )
        for finding in findings
    ]


def install(app: FastAPI) -> None:
    """Let `app` answer every failure with a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _unexpected)


def _path(steps: Sequence[str | int]) -> str:
    if steps and steps[0] in ("query", "header", "path", "body"):
        steps = steps[1:]
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps).removeprefix(".") or "$"


async def _problem(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)
    return problem.response(request.url.path)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    findings = error.errors()
    problem = invalid(field_errors(findings))
    if any(finding["loc"][0] == "header" for finding in findings):
        problem = Problem(400, "bad-request", problem.detail, problem.errors)
    return problem.response(request.url.path)


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    """What the router itself refuses: an unknown path, a method that a path does not know."""
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = f"{request.method} {request.url.path}: {error.detail}. See /openapi.json."
    return Problem(error.status_code, code, detail, headers=error.headers).response(request.url.path)


async def _unexpected(request: Request, _error: Exception) -> JSONResponse:
    # The server logs the error itself; its words may hold what no caller should see.
    problem = Problem(500, "internal-error", "Something went wrong on our side. It was logged.")
    return problem.response(request.url.path)
