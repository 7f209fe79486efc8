"""dlq list, show, redrive"""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data
from deploy.local.service_schema import in_schema

if TYPE_CHECKING:
    from shared.bus.dead_letters import DeadLetter

T = TypeVar("T")
Topic = Annotated[str, typer.Argument(help="The topic the records came from, for example enrollments.")]
Reason = Annotated[str | None, typer.Option(help="Only those whose reason begins so.")]
SHOWN = 5

AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Dead letters: records that could not be used, and putting them back.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command("show")(show)
    group.command("redrive")(redrive)
    app.add_typer(group, name="dlq")


def list_(data: Data = DATA, as_json: AsJson = False) -> None:
    """How many dead letters there are by topic and reason, and their ids (--json: all of them)."""
    rows = _summary(_read(data, None))
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    elif not rows:
        typer.echo("no dead letters")
    else:
        for row in rows:
            typer.echo(f"{row['topic']}: {row['count']} × {row['reason']}, {row['oldest']} to {row['newest']}")
            typer.echo(f"    {' '.join(row['ids'][:SHOWN])}{' …' if len(row['ids']) > SHOWN else ''}")
        typer.echo("./payung dlq show ID shows one of them; ./payung dlq redrive TOPIC puts them back")


def show(
    id_: Annotated[str, typer.Argument(metavar="LETTER", help="TOPIC/PARTITION/OFFSET, as `dlq list` shows it.")],
    data: Data = DATA,
) -> None:
    """One dead letter: why it is one, where it comes from, its headers and bytes. May show personal data."""
    topic = id_.partition("/")[0]
    found = [each for each in _read(data, topic) if each.id == id_]
    if not found:
        raise Failure(f"there is no dead letter '{id_}'; ./payung dlq list names one of each kind")
    letter = found[0]
    lines = {
        "reason": letter.reason,
        "refused by": letter.consumer,
        "came from": letter.origin,
        "first failure": letter.first_failure,
        "last failure": letter.last_failure,
        "key": (letter.record.key or b"").decode(errors="backslashreplace"),
        **{
            name: (value or b"").decode(errors="backslashreplace")
            for name, value in letter.record.headers
            if name.startswith("ce_")
        },
        "value": (letter.record.value or b"").decode(errors="backslashreplace"),
    }
    for name, text in lines.items():
        typer.echo(f"{name + ':':16}{text}")


def redrive(topic: Topic, reason: Reason = None, data: Data = DATA) -> None:
    """Put dead letters back to the topic they came from; a record that fails again comes back here."""
    from deploy.local.endpoints import load_endpoints
    from shared.bus import published
    from shared.bus import redrive as bus
    from shared.bus.principals import SERVICES

    def matches(letter: "DeadLetter") -> bool:
        return letter.reason.startswith(reason or "")

    done = _run(bus.redrive(load_endpoints(data).kafka_url, topic, matches))
    if done == bus.Redriven():
        raise Failure(f"there are no such dead letters of '{topic}'; ./payung dlq list shows what there is")
    for service, rights in SERVICES.items():
        if topic in rights.publishes:
            in_schema(data, service, lambda db: published.count_redriven(db, load_endpoints(data).kafka_url, topic))
    dropped = f", {done.superseded} dropped: {topic} has a newer record of their key" if done.superseded else ""
    stay = f", {done.cut} stay: they were too long to be kept whole" if done.cut else ""
    typer.echo(f"{done.put_back} records put back to {topic}{dropped}{stay}")


def _read(data: Data, topic: str | None) -> "list[DeadLetter]":
    from deploy.local.endpoints import load_endpoints
    from shared.bus.dead_letter_reader import read_dead_letters

    return _run(read_dead_letters(load_endpoints(data).kafka_url, topic=topic))


def _run(work: Coroutine[Any, Any, T]) -> T:
    from aiokafka.errors import KafkaError

    try:
        return asyncio.run(work)
    except (KafkaError, OSError, TimeoutError) as problem:
        raise Failure(f"Kafka does not answer ({type(problem).__name__}): see ./payung status") from problem


def _summary(letters: "list[DeadLetter]") -> list[dict[str, Any]]:
    """One row a topic and reason code, the most frequent first."""
    counts = Counter((letter.topic, letter.code) for letter in letters)
    rows: list[dict[str, Any]] = []
    for (topic, code), number in counts.most_common():
        of_these = [letter for letter in letters if (letter.topic, letter.code) == (topic, code)]
        rows.append(
            {
                "topic": topic,
                "reason": code,
                "count": number,
                "oldest": min(letter.first_failure for letter in of_these),
                "newest": max(letter.last_failure for letter in of_these),
                "ids": [letter.id for letter in of_these],
            }
        )
    return rows
