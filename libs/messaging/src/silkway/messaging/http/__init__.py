"""What the HTTP sides of all services share: writes onto the log, outcomes, problems, pages, limits."""

from silkway.messaging.http.app import Api, create_api, problem_responses
from silkway.messaging.http.database import connection
from silkway.messaging.http.pages import Page, PageQuery, Pages
from silkway.messaging.http.problems import Problem, not_found
from silkway.messaging.http.publisher import Place, Publisher
from silkway.messaging.http.requests import TenantId

__all__ = [
    "Api", "Page", "PageQuery", "Pages", "Place", "Problem", "Publisher", "TenantId",
    "connection", "create_api", "not_found", "problem_responses",
]  # fmt: skip
