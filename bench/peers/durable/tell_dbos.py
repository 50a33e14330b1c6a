"""Tells events to the workflows on DBOS: reads a round of them as a line of JSON, answers when they are durable.

Run as `python -m bench.peers.durable.tell_dbos`. A round is `[[order id, event], …]`: the first event of an order
starts its workflow from the queue, all others are messages, sent in bulk; both in one transaction each.
"""

from __future__ import annotations

import json
import os
import sys

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions, SendMessage

from bench.peers.durable.on_dbos import QUEUE, business
from bench.peers.durable.steps import FIRST, Event


def main() -> None:
    engine = sa.create_engine(business(os.environ["PEER_SYSTEM_DATABASE_URL"]))
    client = DBOSClient(system_database_engine=engine)
    for line in sys.stdin:
        events: list[tuple[str, Event]] = json.loads(line)
        with engine.begin() as connection:
            for order_id, event in events:
                if event["kind"] == FIRST:
                    options: EnqueueOptions = {
                        "queue_name": QUEUE,
                        "workflow_name": "life",
                        "workflow_id": order_id,
                        "app_version": "1",
                    }
                    client.enqueue_in_transaction(connection, options, event)
        messages = [
            SendMessage(destination_id=order_id, message=event, idempotency_key=event["event_id"])
            for order_id, event in events
            if event["kind"] != FIRST
        ]
        if messages:
            client.send_bulk(messages)
        print("told", flush=True)


if __name__ == "__main__":
    main()
