"""A service that only says that it lives, to try the supervisor on: `python -m tests.e2e.stand_in`."""

import asyncio
import os
import signal


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"status": "ok", "parts": {"consumer": {"ok": true, "lag": 0}}, "url": "http://127.0.0.1/a-sign-in-link"}'
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def main() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await asyncio.start_server(answer, os.environ["PAYUNG_HOST"], int(os.environ["PAYUNG_PORT"]))
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
