"""A mail server on loopback that takes or refuses mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpServer:
    """Speaks just enough SMTP (RFC 5321) to take mail."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.bodies: list[bytes] = []
        self.refuses = False
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            command = line.decode().strip()
            self.commands.append(command)
            match command.partition(" ")[0].upper():
                case "RCPT" if self.refuses:
                    writer.write(b"550 no such person\r\n")
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 taken\r\n")
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 fine\r\n")
            await writer.drain()
        writer.close()

    @property
    def mail(self) -> EmailMessage:
        (body,) = self.bodies
        return self.parse(body)

    def parse(self, body: bytes) -> EmailMessage:
        """Return a mail as it was sent."""
        plain = body[: -len(b".\r\n")].replace(b"\r\n..", b"\r\n.")
        message = message_from_bytes(plain, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


@asynccontextmanager
async def run_smtp_server() -> AsyncIterator[SmtpServer]:
    """Yield a server that listens on a port of 127.0.0.1."""
    server = SmtpServer()
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
