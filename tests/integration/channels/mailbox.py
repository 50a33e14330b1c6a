"""A mail server that keeps what it gets."""

from __future__ import annotations

from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from tests.integration.http.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


class Mailbox:
    """A mail server: it refuses the first `busy` messages for now, and the address gone@… for good."""

    def __init__(self, busy: int = 0) -> None:
        self.busy, self.tries = busy, 0
        self.messages: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.startswith("gone@"):
            return f"550 5.1.1 no mailbox {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        if self.tries <= self.busy:
            return "451 4.3.2 try again later"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[str]:
        """The texts of the messages to this address, as plain text."""
        bodies = [message.get_body(("plain",)) for message in self.messages if message["To"] == address]
        return [body.get_content() for body in bodies if body is not None]


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[str]:
    """URL of a mail server that fills the mailbox."""
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
