"""Further instances of today's three services beside those of a stack."""

import signal
import subprocess
from collections.abc import Callable

import httpx
import psutil

from deploy.local import ports, process
from deploy.local.directory import ROOT
from deploy.local.postgres import SERVICES
from tests.stack import Stack
from tests.waiting import eventually


class Instances:
    """One more of each service. `argv` gives the command of one."""

    def __init__(self, stack: Stack, argv: Callable[[str], list[str]]) -> None:
        self.stack, self.argv = stack, argv
        self.children: list[subprocess.Popen[bytes]] = []
        self.ports = {name: number for name, number in ports.choose({}).items() if name in SERVICES}

    async def start(self) -> None:
        for name, port in self.ports.items():
            environment = psutil.Process(self.stack.part(name)["pid"]).environ()
            environment |= {"PAYUNG_PORT": str(port), "PYTHONPATH": str(ROOT)}
            command = process.Command(self.argv(name), environment, ROOT)
            self.children.append(process.spawn(command, self.stack.data.with_name(f"{name}.log"), mark="tests"))
        await eventually(self.is_ready, 90, every=0.5)

    async def is_ready(self) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answers = [await http.get(f"{self.url(name)}/readyz") for name in SERVICES]
            except httpx.TransportError:
                return False
        return all(answer.status_code == 200 for answer in answers)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def stop(self) -> list[int | None]:
        for child in self.children:
            process.stop(child, signal.SIGTERM, 20)
        return [child.returncode for child in self.children]
