"""The services' HTTP APIs as a person at the command line uses them: an answer, or one line with the reason."""

import ssl
from collections.abc import Collection
from typing import Any

import httpx

from deploy.local.failure import Failure

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""`verify` for services on this machine, which use plain HTTP: reading all certificates takes 20 ms each time."""


AWAY = (502, 503, 504)
"""The statuses of a service that is not there now."""


class Away(Exception):
    """The service did not answer, or not now; it may later."""


class Client:
    """Calls one service with one key."""

    def __init__(self, address: str, key: str) -> None:
        bearer = {"authorization": f"Bearer {key}"}
        # past any proxy
        self._http = httpx.Client(base_url=address, headers=bearer, timeout=120, trust_env=False, verify=PLAIN)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, missing: str = "", *, again: Collection[int] = (), **request: Any
    ) -> httpx.Response:
        """The answer; raises Failure with the reason (or `missing`) when the service refuses or is down; or Away, if
        there are statuses after which it is asked `again`, for these and when it is down."""
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as trouble:
            if again:
                raise Away from trouble
            raise Failure(
                f"the service at {self._http.base_url} does not answer: {type(trouble).__name__}"
            ) from trouble
        if answer.status_code in again:
            raise Away
        if answer.status_code == 404 and missing:
            raise Failure(missing)
        if answer.is_error:
            raise Failure(_reason(answer))
        return answer


def _reason(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return f"the service answered {answer.status_code}"
    problem = answer.json()
    field = f" ({problem['field']})" if problem.get("field") else ""
    return f"{problem.get('code', answer.status_code)}{field}: {problem.get('detail', '')}"
