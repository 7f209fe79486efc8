"""A mailbox over IMAP, as far as it is read: a protocol stand-in that keeps numbered messages."""

import asyncio
import re

PASSWORD = "s3cr3t"


class ImapServer:
    """`messages` are numbered from 1; `validity` says whether the numbers are those of before."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.validity = 7
        self.commands: list[str] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := await reader.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.commands.append(command.split(" ")[0] if command.startswith("LOGIN") else command)
            writer.write(self._answer(tag, command))
            if command == "LOGOUT":
                break
        writer.close()

    def _answer(self, tag: str, command: str) -> bytes:
        done = f"{tag} OK done\r\n".encode()
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n" + done
        if command.startswith("LOGIN"):
            return done if PASSWORD in command else f"{tag} NO who are you\r\n".encode()
        if command.startswith("EXAMINE"):
            return f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] ok\r\n".encode() + done
        if found := re.fullmatch(r"UID SEARCH UID (\d+):\*", command):
            numbers = [each for each in range(1, len(self.messages) + 1) if each >= int(found[1])]
            shown = numbers or [len(self.messages)] * bool(self.messages)  # `*` is the last one, whatever its number
            return f"* SEARCH {' '.join(map(str, shown))}\r\n".encode() + done
        if found := re.fullmatch(r"UID FETCH (\d+) \(BODY.PEEK\[\]<0.\d+>\)", command):
            number, content = int(found[1]), self.messages[int(found[1]) - 1]
            head = f"* {number} FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode()
            return head + content + b")\r\n" + done
        return b"* BYE\r\n" + done if command == "LOGOUT" else f"{tag} BAD what\r\n".encode()
