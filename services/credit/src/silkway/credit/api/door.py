"""The one API of the service; every module adds its part."""

from silkway.messaging.http import Api

API = Api("credit")
