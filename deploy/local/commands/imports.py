"""import KIND FILE, undo IMPORT"""

import os
import sys
import time
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local import import_preview, resumable_upload
from deploy.local.client import Client
from deploy.local.failure import Failure
from deploy.local.import_preview import printable
from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    import httpx
    from rich.progress import Progress, ProgressColumn

    from deploy.local.endpoints import Endpoints

POLL_SECONDS = 0.1
MOST_ROWS_OF_A_SHEET = 1_000_000

KINDS = ("partners", "persons", "enrollments", "claims", "targets", "briefings", "attendance", "agreements")
OTHER_SPELLINGS = ("enrolments", "sessions")


def _known(kind: str) -> str:
    if kind not in KINDS + OTHER_SPELLINGS:
        raise typer.BadParameter(f"one of {', '.join(KINDS)}")
    return kind


def _requirable(column: str) -> str:
    if column not in ("", "nik"):
        raise typer.BadParameter("only nik can be required")
    return column


Kind = Annotated[
    str,
    typer.Argument(
        help="partners, persons, enrollments, claims, targets, briefings, attendance or agreements.",
        callback=_known,
    ),
]
File = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file or workbook as the agency has it."),
]
Agency = Annotated[str, typer.Option(metavar="SLUG", help="Whose file it is.")]
List = Annotated[str, typer.Option("--list", metavar="NAME", help="The list's name; the file's name if not given.")]
ListDate = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day the list describes; today if not given."),
]
Require = Annotated[str, typer.Option(metavar="nik", help="Refuse rows without a NIK.", callback=_requirable)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only report what would become of each row.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="The file is the whole list: who is not in it leaves the list.")
]
ConfirmDelisting = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="So many may leave the list without asking.")
]
Import = Annotated[str, typer.Argument(help="The import's id, as `import` prints it.")]
Sheet = Annotated[str, typer.Option(metavar="NAME", help="The workbook's sheet; else the one that names most columns.")]
HeaderRow = Annotated[str, typer.Option(metavar="LINE", help="The line of the columns' names, counted from 1.")]
Columns = Annotated[str, typer.Option(metavar="JSON", help='What columns mean: {"Nama Toko": "name", "Kode": null}.')]
DateOrder = Annotated[str, typer.Option(metavar="dmy|mdy", help="How 03/04/2021 is read.")]
Decimal = Annotated[str, typer.Option(metavar=".|,", help="The mark before the fraction of a number.")]


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command("undo")(undo)


def import_(
    kind: Kind,
    file: File,
    agency: Agency,
    list_: List = "",
    list_date: ListDate = None,
    require: Require = "",
    dry_run: DryRun = False,
    replace: Replace = False,
    confirm_delisting: ConfirmDelisting = None,
    sheet: Sheet = "",
    header_row: HeaderRow = "",
    columns: Columns = "",
    date_order: DateOrder = "",
    decimal: Decimal = "",
    data: Data = DATA,
) -> None:
    """Upload an agency's file, show how far it is, and where the refused rows are."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    key = _key_of(endpoints, agency)
    day = f"{list_date:%Y-%m-%d}" if list_date else ""
    fields = {"kind": kind, "list": list_, "list_date": day, "require": require, "dry_run": str(dry_run).lower()}
    fields |= {"sheet": sheet, "header_row": header_row, "columns": columns}
    fields |= {"replace": str(replace).lower()} if replace else {}
    fields |= {} if confirm_delisting is None else {"confirm_delisting": str(confirm_delisting)}
    fields |= {"date_order": date_order, "decimal": decimal}
    with Client(endpoints.registration, key) as client:
        answer = _begin(client, file, {k: v for k, v in fields.items() if v})
        report = _follow(client, answer.headers["location"])
        if report["state"] == "waiting" and sys.stdin.isatty():
            report = _settle(client, report)
        refused = _save_refused(client, report, file) if report["rejected"] else None
    _print_report(report, refused, is_list_named=bool(list_))
    if report["state"] == "waiting":
        missing = report["delisting"]["missing"]
        raise Failure(
            f"{_asked(report)} All rows are in; nobody was taken off. If they are to leave the list, import it "
            f"again with --confirm-delisting {missing}"
        )
    if report["state"] != "done":
        raise Failure(f"the import {report['state']}: {report['detail'] or 'it was cancelled'}")


def _begin(client: Client, file: Path, fields: dict[str, str]) -> "httpx.Response":
    """The answer to the import. A large file is sent before, in pieces, and of it an import is made only once."""
    from rich.progress import DownloadColumn

    if file.stat().st_size < resumable_upload.FROM_BYTES:
        files = {"file": (file.name, file.read_bytes(), "text/csv")}
        return client.call("POST", "/v1/imports", data=fields, files=files)
    with _progress(DownloadColumn()) as progress:
        task = progress.add_task("sending", total=file.stat().st_size)
        upload = resumable_upload.send(client, file, lambda sent: progress.update(task, completed=sent))
    return resumable_upload.patiently(client, "POST", "/v1/imports", data=fields | {"upload": upload})


def _progress(*measures: "ProgressColumn") -> "Progress":
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *measures)
    return Progress(*columns, transient=True, disable=not sys.stdout.isatty())


def undo(import_id: Import, agency: Agency, data: Data = DATA) -> None:
    """Take a whole upload back: its rows go, what they replaced returns, what others listed stays. One that goes on, or
    waits for an answer, is cancelled first."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, _key_of(endpoints, agency)) as client:
        path, missing = f"/v1/imports/{import_id}", "no such import of this agency"
        if client.call("GET", path, missing=missing).json()["state"] in ("queued", "running", "waiting"):
            client.call("DELETE", path)
        report = client.call("POST", f"{path}/undo", missing=missing).json()
        while not report["undone_at"] and report["undo"]["state"] == "running":
            time.sleep(POLL_SECONDS)
            report = client.call("GET", path).json()
    counts = report["undo"]
    if not report["undone_at"]:
        raise Failure(f"it could not be taken back: {counts['detail']}")
    typer.echo(
        f"taken back: {counts['removed']} rows are gone, {counts['restored']} are as before, "
        f"{counts['kept']} stay as others listed them"
    )


def _key_of(endpoints: "Endpoints", agency: str) -> str:
    key = endpoints.agency_keys.get(agency)
    if key is None:
        raise Failure(f"no key of agency '{agency}' is known here: ./payung key issue {agency} makes one")
    return key


def _settle(client: Client, report: dict[str, Any]) -> dict[str, Any]:
    """Ask whether those who are not in the file leave the list."""
    path, missing = f"/v1/imports/{report['id']}", report["delisting"]["missing"]
    if not typer.confirm(f"{_asked(report)} Take them off the list?"):
        client.call("DELETE", path)
        raise Failure("nobody was taken off the list; the rows of the file are on it")
    client.call("POST", f"{path}/confirm", json={"delisted": missing})
    return _follow(client, path)


def _asked(report: dict[str, Any]) -> str:
    leaving = report["delisting"]
    return f"{leaving['missing']} of the {leaving['listed']} partners of this list are not in the file."


def _follow(client: Client, location: str) -> dict[str, Any]:
    """Show progress until the file is processed; returns its report."""
    from rich.progress import MofNCompleteColumn

    with _progress(MofNCompleteColumn()) as progress:
        task = progress.add_task("processing", total=None)
        while True:
            report: dict[str, Any] = client.call("GET", location).json()
            done = report["accepted"] + report["rejected"]
            progress.update(task, completed=done, total=report["rows"] or None)
            if report["state"] not in ("queued", "running"):
                return report
            time.sleep(POLL_SECONDS)


def _save_refused(client: Client, report: dict[str, Any], file: Path) -> Path:
    """The refused rows with their reasons, beside the file (or here, if nothing can be written there): a workbook,
    which opens right in any country's spreadsheet, or CSV where they are more than a sheet holds.

    They may hold NIKs: nobody else may read them. What an earlier import left there stays.
    """
    form = "xlsx" if report["rejected"] <= MOST_ROWS_OF_A_SHEET else "csv"
    content = client.call("GET", f"/v1/imports/{report['id']}/rejected.{form}").content
    for folder in (file.parent, Path.cwd()):
        with suppress(OSError):
            return _write_new(folder, f"{file.stem}.rejected", form, content)
    raise Failure(f"the refused rows could not be written beside {file}; the quarantine has them")


def _write_new(folder: Path, stem: str, form: str, content: bytes) -> Path:
    """Write STEM.xlsx, or STEM-2.xlsx, STEM-3.xlsx … when there is one; only its owner may read it."""
    for number in count(1):
        target = folder / (f"{stem}.{form}" if number == 1 else f"{stem}-{number}.{form}")
        with suppress(FileExistsError):
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
            return target
    raise AssertionError("count never ends")


def _print_report(report: dict[str, Any], refused: Path | None, *, is_list_named: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    for line in _about_the_file(report, is_list_named=is_list_named):
        console.print(line, markup=False)
    if "preview" in report:
        import_preview.show(console, report["preview"])
    counts = Table("rows", "accepted", "new", "merged", "unchanged", "refused", "skipped")
    names = ("rows", "accepted", "created", "merged", "unchanged", "rejected", "skipped")
    counts.add_row(*(str(report[name]) for name in names))
    console.print(counts)
    for title, reasons in (
        ("refused", report["rejected_by"]),
        ("warned", report["warnings"]),
        ("kept as", report["notes"]),
        ("skipped", report["skipped_by"]),
    ):
        for code, number in sorted(reasons.items()):
            console.print(f"  {title}: {code} {number}", markup=False)
    for title, unread in _left_out(report).items():
        console.print(f"  {title}: {', '.join(unread)}", markup=False)
    if report.get("delisting"):
        leaving = report["delisting"]
        would = "would leave" if report["dry_run"] else "left"
        console.print(f"  {would} the list: {report['delisted']} of {leaving['listed']}")
        if leaving["refused_unmatched"]:
            console.print(f"  refused rows that mean nobody on the list: {leaving['refused_unmatched']}")
    if report["dry_run"]:
        console.print("dry run: nothing was accepted")
    else:
        console.print(f"import {report['id']}: ./payung undo takes it back", markup=False)
    if refused is not None:
        console.print(f"the refused rows, with reasons: {refused}", markup=False)


def _about_the_file(report: dict[str, Any], *, is_list_named: bool) -> list[str]:
    """What holds for the file as a whole: its list, required columns that it lacks, notes on those read."""
    named = "" if is_list_named else " (named after the file; --list gives another name)"
    lines = [f"list: {printable(report['list'])}{named}"]
    if similar := report["similar_lists"]:
        names = ", ".join(map(printable, similar))
        lines.append(f"this list is new; similar ones of this agency: {names}. For its next version use --list")
    for missing in report["reading"].get("missing_columns", []):
        known = ", ".join(missing["known_as"])
        lines.append(f"no column for {missing['field']}: every row needs one; these names are understood: {known}")
    read = [each for each in report["columns"] if each["read_as"] and each.get("note")]
    return [*lines, *(f"column {printable(each['header'])}: {each['note']}" for each in read)]


def _left_out(report: dict[str, Any]) -> dict[str, list[str]]:
    """What of the file was not read, by what it is; names come from the file and are made safe for a terminal."""
    reading = report["reading"]
    parts = {
        "columns not read": [each["header"] for each in report["columns"] if each["read_as"] is None],
        "sheets not read": reading.get("other_sheets", []),
        "hidden sheets not read": reading.get("hidden_sheets", []),
    }
    return {title: [printable(name) for name in names if name.strip()] for title, names in parts.items() if names}
