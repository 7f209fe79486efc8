"""What every service has: a web application, and parts that run beside it."""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import openapi, problems
from shared.agency_turns import AgencyTurns
from shared.authentication import Authentication, Limits
from shared.body_limit import BodyLimit
from shared.bus.kafka_url import KafkaUrl
from shared.compressed_body import CompressedBody
from shared.connection import LimitedConnection
from shared.direct_routes import DirectRoute
from shared.head_requests import HeadRequests
from shared.key_use import KeyUse
from shared.observability import Metrics, get_logger
from shared.part import Part, PartStatus
from shared.part_metrics import watch_parts
from shared.request_text import RequestText, json_texts
from shared.span_export import exporting
from shared.traced_requests import Traced
from shared.web import docs
from shared.web.answer_language import AnswerLanguage
from shared.web.assets import Assets
from shared.web.middleware import Pages, unexpected
from shared.web.pages import Elsewhere
from shared.web.site import Site, Urls
from shared.web_server import Server

log = get_logger(__name__)

STOPPED_WITHIN = 9.0
"""Seconds from SIGTERM to the end; the contract says 10."""


class ServiceSettings(BaseSettings):
    """What a service reads from its environment (`PAYUNG_…`), once, in `__main__`.

    `…_url`: where browsers find each service; all on one host, since it holds the cookie of the session. `assets`: the
    folder with the WebJars of shared/web/assets.txt.
    """

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)  # addresses hold passwords

    database: str
    kafka: str
    host: str = "127.0.0.1"
    port: int
    admin_key: str
    topic_prefix: str = ""
    partitions: int = 8
    replication: int = 1
    registration_url: str = "http://127.0.0.1:8001"
    coverage_url: str = "http://127.0.0.1:8002"
    notifications_url: str = "http://127.0.0.1:8003"
    assets: Path | None = None

    def site(self, service: str, templates: Path) -> Site:
        """The pages of this service, with the templates of its own."""
        urls = Urls(*(url.rstrip("/") for url in (self.registration_url, self.coverage_url, self.notifications_url)))
        return Site(service, urls, Assets.load(self.assets), templates)

    @field_validator("kafka")
    @classmethod
    def _valid_kafka(cls, value: str) -> str:
        KafkaUrl.parse(value)
        return value


def build_app(
    name: str,
    *,
    parts: Sequence[Part] = (),
    routers: Sequence[APIRouter] = (),
    direct: Iterable[APIRoute] = (),
    state: dict[str, Any] | None = None,
    metrics: Metrics | None = None,
    on_stop: Callable[[], Any] | None = None,
    requests_per_minute: int = 300_000,
    body_limits: Mapping[str, int] | None = None,
    site: Site | None = None,
    pages: Sequence[APIRouter] = (),
) -> FastAPI:
    """A FastAPI application with the routes every service has; `state` is put on `app.state` for the routes.

    `pages` are what browsers see, rendered by `site`, beside the documentation that every service has. `direct`: routes
    of the `routers` that are called as `DirectRoute` says.
    """

    keys = (state or {}).get("keys")
    parts = [*parts, KeyUse(keys)] if keys is not None else parts

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with exporting(name):
            async with _running(parts, app):
                yield
        if on_stop is not None:
            await on_stop()

    app = FastAPI(
        title=f"Payung {name}",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=openapi.operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours: observability.py, span_export.py
    )
    app.state.failed = None
    for key, value in (state or {}).items():
        setattr(app.state, key, value)
    app.router.routes.extend(map(DirectRoute, direct))
    metrics = metrics or Metrics(name)
    watch_parts(metrics, parts)
    problems.install(app)
    app.add_middleware(HeadRequests)
    app.add_middleware(CompressedBody, by_path=body_limits or {})
    app.add_middleware(RequestText)
    app.add_middleware(BodyLimit, by_path=body_limits or {})
    app.add_middleware(AgencyTurns)
    app.state.limits = Limits(requests_per_minute)
    app.add_middleware(Authentication, limits=app.state.limits)
    if site is not None:
        _show(app, site, pages)
    _observe(app, metrics)
    health = _health(name, parts, metrics)
    openapi.install(app, [health, *routers])
    app.include_router(health, responses=problems.described(400, 431))
    for router in routers:
        app.include_router(router, responses=problems.RESPONSES, dependencies=[Depends(json_texts)])
    return app


async def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT, or until a part fails (then exit 1, so that a supervisor restarts the service)."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=LimitedConnection,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    server = Server(config)
    app.state.server = server
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again after it has stopped; nothing is left to do then.
        loop.add_signal_handler(name, lambda: None)
    await server.serve()
    if app.state.failed is not None:
        raise SystemExit(1)


@asynccontextmanager
async def _running(parts: Sequence[Part], app: FastAPI) -> AsyncIterator[None]:
    tasks = {asyncio.create_task(part.run(), name=part.name): part for part in parts}

    def ended(task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            return
        problem = app.state.failed = task.exception()
        server = getattr(app.state, "server", None)
        if server is not None:
            server.leave()
        log.error("a part of the service failed", part=task.get_name(), exc_info=problem)

    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield
    finally:
        await asyncio.gather(*(part.stop() for part in parts))
        _, late = await asyncio.wait(tasks, timeout=STOPPED_WITHIN) if tasks else (set(), set())
        for task in late:
            log.warning("a part did not stop in time", part=task.get_name())
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _health(name: str, parts: Sequence[Part], metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["health"])
    started = time.time()

    def report(ok: Callable[[PartStatus], bool]) -> JSONResponse:
        states = {part.name: part.status() for part in parts}
        good = all(ok(state) for state in states.values())
        body = {
            "service": name,
            "status": "ok" if good else "failing",
            "started_at": started,
            "parts": {key: {"ok": ok(state), **state.detail} for key, state in states.items()},
        }
        return JSONResponse(body, status_code=200 if good else 503)

    failing: dict[int | str, dict[str, Any]] = {
        503: {"description": "A part of the service fails; the body says which", "content": {"application/json": {}}}
    }

    @router.get("/livez", summary="The process and its consumers make progress", responses=failing)
    async def livez() -> JSONResponse:
        return report(lambda state: state.live)

    @router.get("/readyz", summary="May take traffic; the detail of every part", responses=failing)
    async def readyz() -> JSONResponse:
        return report(lambda state: state.ready)

    @router.get("/metrics", summary="Prometheus metrics")
    async def prometheus() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _show(app: FastAPI, site: Site, pages: Sequence[APIRouter]) -> None:
    """The pages with their assets, and problems as pages for browsers."""
    app.state.site = site
    app.add_middleware(AnswerLanguage, languages=site.languages)
    app.add_middleware(Pages, site=site)
    app.add_exception_handler(Elsewhere, _elsewhere)
    app.add_exception_handler(Exception, unexpected)
    app.add_route("/assets/{hash}/{name}", site.assets.serve, include_in_schema=False)
    for router in (docs.router, *pages):
        app.include_router(router)


async def _elsewhere(_: Request, where: Exception) -> Response:
    assert isinstance(where, Elsewhere)
    return RedirectResponse(where.url, status_code=303)


def _observe(app: FastAPI, metrics: Metrics) -> None:
    duration = metrics.histogram(
        "http_request_duration_seconds", "Time to answer a request", ("method", "route", "status")
    )

    app.add_middleware(Measured, duration=duration)
    app.add_middleware(Traced)


class Measured:
    """ASGI middleware: the time until the last byte of each answer. Plain ASGI, since Starlette's own wrapper costs 0.2
    ms a request and breaks streaming."""

    def __init__(self, app: ASGIApp, duration: Histogram) -> None:
        self._app = app
        self._duration = duration

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            path = getattr(scope.get("route"), "path", "unmatched")
            self._duration.labels(scope["method"], path, status).observe(time.perf_counter() - begun)


def run(main: Callable[[], Any]) -> None:
    """Run a service's `main` coroutine on uvloop, with SIGTERM handled before uvicorn is up as well."""
    import uvloop

    gc.freeze()
    gc.set_threshold(
        50_000, 20, 50
    )  # a batch makes many objects but hardly a cycle: the search for cycles took a fifth

    async def guarded() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            await main()
        except asyncio.CancelledError:
            log.info("stopped while starting")

    uvloop.run(guarded())
