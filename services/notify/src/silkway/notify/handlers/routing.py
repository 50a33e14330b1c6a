"""The one router of notify."""

from silkway.messaging import Router

router = Router()
