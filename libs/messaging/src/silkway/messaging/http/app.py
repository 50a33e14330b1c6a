"""The HTTP side of a service: its own paths, the outcomes of events, problems, limits, OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from silkway.contracts import Event
from silkway.contracts.fields import ID_PATTERN
from silkway.messaging.http import problems
from silkway.messaging.http.bodies import BODY_TIMEOUT_S, BodyLimits
from silkway.messaging.http.gate import Gate, admission
from silkway.messaging.http.outcomes import outcomes_router
from silkway.messaging.http.parked import OPERATE, parked_router
from silkway.messaging.http.parked_views import Discard, PreviewRequest, Redrive
from silkway.messaging.http.personal import Shown
from silkway.messaging.http.requests import IdempotencyKey, TenantId
from silkway.messaging.http.scopes import Scopes
from silkway.messaging.http.watching import Watched
from silkway.messaging.http.writes import Accepted, Writer

VERSION: Final = "1.0.0"

_SCHEMA: Final = "#/components/schemas/{model}"
_WHAT: Final = {
    400: "The request cannot be read: a header, the JSON, a cursor.",
    404: "It is not known here, or not yet.",
    408: "The body was not complete in time.",
    409: "The Idempotency-Key was used before with another body, or a fix would fail.",
    413: "The body is too long.",
    415: "The body is not application/json.",
    422: "The content is wrong; `errors` names each field, the reason and the remedy.",
    503: "Kafka or the database does not answer; repeat the request.",
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI describes these problems."""
    schema = {"$ref": _SCHEMA.format(model=problems.ProblemDocument.__name__)}
    content = {problems.MEDIA_TYPE: {"schema": schema}}
    return {status: {"description": _WHAT[status], "content": content} for status in statuses}


class Api:
    """The paths of one service; what it publishes has the source /silkway/<name>/api.

    Reads are added to `router`. Ids may hold slashes, so paths name them as {order_id:path}. `publish`, `operate`
    and `admin`: ids of the operations that need these scopes; an operation that publishes a fact has the fact's name.
    """

    def __init__(
        self,
        name: str,
        *,
        publish: Iterable[str] = (),
        operate: Iterable[str] = (),
        admin: Iterable[str] = (),
    ) -> None:
        self.name, self.source = name, f"/silkway/{name}/api"
        self.scopes = Scopes(publish, (*operate, *OPERATE), admin)
        self.router = APIRouter(responses=problem_responses(400, 422, 503))
        self.facts: list[type[Event]] = []

    def publishes(
        self, path: str, fact: type[Event], *, at: str, summary: str, example: dict[str, Any]
    ) -> None:
        """POST `path` publishes `fact`. The body is the fact's data; ids in the path may be left out of it.

        `at` names the field that tells when it happened.
        """
        self.facts.append(fact)

        async def publish(
            request: Request, response: Response, tenant: TenantId, key: IdempotencyKey
        ) -> Accepted:
            writer: Writer = request.app.state.writer
            return await writer.accept(request, response, fact, at, tenant, key)

        body = {"schema": {"$ref": _SCHEMA.format(model=fact.__name__)}, "example": example}
        self.router.add_api_route(
            path,
            publish,
            methods=["POST"],
            status_code=202,
            response_model=Accepted,
            response_description="On the log. What becomes of it is to be seen at `status`.",
            summary=summary,
            description=f"{fact.__doc__} Published as `{fact.type}` to `{fact.topic}`. Ids in the path may be left "
            "out of the body.",
            operation_id=fact.__name__,
            responses=problem_responses(408, 409, 413, 415),
            openapi_extra={
                "parameters": [_path_id(name) for name in re.findall(r"{(\w+)", path)],
                "requestBody": {"required": True, "content": {"application/json": body}},
            },
        )


def create_api(api: Api, *, body_timeout_s: float = BODY_TIMEOUT_S) -> FastAPI:
    """The ASGI application of a service.

    Who runs it sets on its `state`: `pool` (asyncpg, the service's database), `publisher` (a Publisher), `rehearsal`
    (a Rehearsal), `prefix` (of the topics, where there is one), `gate` (a Gate, where not everybody may come in) and
    `vault` (a Vault, where personal data is beside the log).
    """
    app = FastAPI(
        title=f"Silkway {api.name}",
        version=VERSION,
        redirect_slashes=False,
        description="Writes publish a fact and answer 202 with a place to look; reads show what the service made "
        "of it. Every request is of one tenant: that of its key or token, else that of the header `Silkway-Tenant`. "
        "What goes wrong is a problem document (RFC 9457).",
        dependencies=[Depends(admission(api.scopes))],
    )
    app.state.gate = Gate()
    app.state.writer = Writer(api.source)
    app.include_router(api.router)
    app.state.prefix = ""
    app.include_router(outcomes_router(api.source), responses=problem_responses(400, 404, 422, 503))
    app.include_router(parked_router(api.name, problem_responses), responses=problem_responses(400, 422, 503))
    app.state.vault = None
    app.add_middleware(Shown)
    app.add_middleware(BodyLimits, timeout_s=body_timeout_s)
    app.add_middleware(Watched)
    problems.install(app)
    describe(app, api.scopes, [*api.facts, PreviewRequest, Redrive, Discard])
    return app


def describe(app: FastAPI, scopes: Scopes, models: Iterable[type[BaseModel]] = ()) -> None:
    """Add the scopes, and the schemas of what is read and written by hand, to the OpenAPI document."""
    models = [*models, problems.ProblemDocument]

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMA)
            document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
            scopes.describe(document, _SCHEMA.format(model=problems.ProblemDocument.__name__))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _path_id(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}
