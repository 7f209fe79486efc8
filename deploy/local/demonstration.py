"""Loads the demonstration as agencies would: through the public HTTP API, file by file, nothing else."""

import asyncio
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure

FOLDER = Path(__file__).parent / "demonstration"
FILE_WITHIN = 300.0
"""Seconds that one file may take."""


@dataclass(frozen=True)
class Agency:
    """One of the demonstration's agencies."""

    slug: str
    name: str
    regions: tuple[str, ...]
    scopes: tuple[str, ...]


PUBLISHER = ("publish", "read")
OFFICE = ("publish", "enroll", "read")
AGENCIES = (
    Agency("dinkop-tangerang", "Dinas Koperasi dan UMKM Kota Tangerang", ("36.71",), PUBLISHER),
    Agency("kemenkop", "Kementerian Koperasi dan UKM", ("ID",), PUBLISHER),
    Agency("bpjstk-sumbagsel", "BPJS Ketenagakerjaan Kanwil Sumbagsel", ("sumbagsel",), OFFICE),
    Agency("disdagkop-sukoharjo", "Disdagkop UKM Kabupaten Sukoharjo", ("33.11",), PUBLISHER),
    Agency("diskopukm-mojokerto", "Diskopukmperindag Kota Mojokerto", ("35.76",), PUBLISHER),
    Agency("bpjstk", "BPJS Ketenagakerjaan", ("ID",), OFFICE),
    Agency("bpjstk-tangerang", "BPJS Ketenagakerjaan Cabang Tangerang Cikokol", ("36.71",), OFFICE),
)
KINDS = {"enrolments": "enrollments", "sessions": "briefings"}
REQUIRE_NIK = ("mojokerto/",)
"""Folders whose lists must hold a NIK in every row: aid recipients."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Upload:
    """One file of the manifest and the form fields it is sent with."""

    path: Path
    agency: str
    fields: dict[str, str]


def uploads(folder: Path = FOLDER) -> list[Upload]:
    """The files in the order of the manifest."""
    slugs = {agency.name: agency.slug for agency in AGENCIES}
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        return [_upload(folder, slugs[entry["agency"]], entry) for entry in csv.DictReader(manifest)]


def _upload(folder: Path, slug: str, entry: dict[str, str]) -> Upload:
    fields = {
        "kind": KINDS.get(entry["kind"], entry["kind"]),
        "list": Path(entry["file"]).stem.replace("_", "-"),
        "list_date": entry["list_date"],
    }
    if entry["file"].startswith(REQUIRE_NIK):
        fields["require"] = "nik"
    return Upload(folder / entry["file"], slug, fields)


async def load(endpoints: Endpoints, on_progress: Progress) -> dict[str, str]:
    """Create agencies and keys, and send the twelve files in their order, each once the one before it is processed: so
    what each of them added is the same every time. Returns the agencies' keys, which are also put into `endpoints`.

    A second load finds everything unchanged. Raises Failure when the service refuses or takes too long.
    """
    async with httpx.AsyncClient(base_url=endpoints.registration, timeout=60, trust_env=False) as client:
        for agency in AGENCIES:
            on_progress(f"demonstration: {agency.name}")
            endpoints.agency_keys[agency.slug] = await _key(client, endpoints, agency)
        files = uploads()
        for number, each in enumerate(files, 1):
            on_progress(f"demonstration: file {number} of {len(files)}, {each.path.name}")
            location = await _send(client, endpoints, each)
            await _done(client, endpoints.agency_keys[each.agency], each, location)
    return endpoints.agency_keys


async def _key(client: httpx.AsyncClient, endpoints: Endpoints, agency: Agency) -> str:
    admin = _bearer(endpoints.admin_key)
    body = {"slug": agency.slug, "name": agency.name, "regions": agency.regions, "scopes": agency.scopes}
    answer = await client.post("/v1/agencies", json=body, headers=admin)
    if answer.status_code == 409:
        if agency.slug in endpoints.agency_keys:
            return endpoints.agency_keys[agency.slug]
        answer = await client.post(f"/v1/agencies/{agency.slug}/keys", headers=admin)
    return str(_good(answer, agency.slug)["key"])


async def _send(client: httpx.AsyncClient, endpoints: Endpoints, each: Upload) -> str:
    files = {"file": (each.path.name, each.path.read_bytes(), "text/csv")}
    headers = _bearer(endpoints.agency_keys[each.agency])
    answer = await client.post("/v1/imports", data=each.fields, files=files, headers=headers)
    _good(answer, each.path.name)
    return answer.headers["location"]


async def _done(client: httpx.AsyncClient, key: str, each: Upload, location: str) -> None:
    async with asyncio.timeout(FILE_WITHIN):
        while True:
            report = _good(await client.get(location, headers=_bearer(key)), each.path.name)
            if report["state"] == "done":
                return
            if report["state"] in ("failed", "cancelled"):
                raise Failure(f"the demonstration's file {each.path.name} {report['state']}: {report['detail']}")
            await asyncio.sleep(0.05)


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _good(answer: httpx.Response, what: str) -> dict[str, Any]:
    if answer.is_error:
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise Failure(f"the demonstration could not be loaded: {what}: {problem.get('detail', answer.status_code)}")
    body: dict[str, Any] = answer.json()
    return body
