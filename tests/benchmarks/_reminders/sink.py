"""A mail server that takes everything at once and counts: `python -m tests.benchmarks._reminders.sink PORT FILE`.

When it is stopped it writes each message's arrival (seconds since 1970), recipient and Message-ID into the file.
"""

import asyncio
import re
import signal
import sys
import time
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID: <(reminder-\w+)@", re.MULTILINE)


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, taken: list[tuple[float, bytes, bytes]]) -> None:
        self._taken = taken
        self._buffer = bytearray()
        self._in_data = False
        self._to = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._in_data else b"\r\n"
            found = self._buffer.find(end)
            if found < 0:
                return
            part = bytes(self._buffer[:found])
            del self._buffer[: found + len(end)]
            self._transport.write(self._text(part) if self._in_data else self._command(part))

    def _text(self, text: bytes) -> bytes:
        self._in_data = False
        number = MESSAGE_ID.search(text)
        self._taken.append((time.time(), self._to, number[1] if number else b""))
        return b"250 OK\r\n"

    def _command(self, line: bytes) -> bytes:
        word = line[:4].upper()
        if word == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        if word == b"RCPT":
            self._to = line.partition(b"<")[2].rstrip(b">")
        return b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n"


async def main(port: int, file: Path) -> None:
    taken: list[tuple[float, bytes, bytes]] = []
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Sink(taken), "127.0.0.1", port, backlog=512)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    file.write_bytes(b"".join(b"%.6f %s %s\n" % each for each in taken))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
