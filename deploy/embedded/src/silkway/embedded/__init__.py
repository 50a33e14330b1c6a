"""Apache Kafka and PostgreSQL as plain processes of this machine, without Docker."""

from silkway.embedded.daemon import Daemon
from silkway.embedded.kafka import Kafka
from silkway.embedded.postgres import Postgres
from silkway.embedded.stack import AlreadyRunning, Home, Stack

__all__ = ["AlreadyRunning", "Daemon", "Home", "Kafka", "Postgres", "Stack"]
