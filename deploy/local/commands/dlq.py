"""dlq list, show, redrive, discard"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local import redriving
from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

if TYPE_CHECKING:
    from deploy.local.dead_letter_groups import Choice
    from shared.bus.dead_letters import DeadLetter
    from shared.bus.redrive import Redriven

Topic = Annotated[
    str | None, typer.Argument(help="The topic the records came from, for example enrollments.", show_default=False)
]
Reason = Annotated[str | None, typer.Option(help="Only those whose reason begins so.")]
Agency = Annotated[str | None, typer.Option(help="Only those that this agency sent.", metavar="SLUG")]
One = Annotated[str | None, typer.Option("--id", help="Only this one: TOPIC/PARTITION/OFFSET.", metavar="LETTER")]
Because = Annotated[
    str,
    typer.Option(help="Why nobody needs them; goes into the audit trail, so without personal data.", metavar="TEXT"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show which are meant.")]
All = Annotated[bool, typer.Option("--all", help="Of all topics.")]
Earlier = Annotated[
    bool, typer.Option("--of-earlier-releases", help="Only those that this release has not tried; of all topics.")
]
AsJson = Annotated[bool, typer.Option("--json")]
SHOWN = 5
LONGEST_REASON = 200
SETTLES_WITHIN = 15.0
"""Seconds in which what was put back is read again, so that we can say what became of it."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Dead letters: records that could not be used, putting them back and giving them up.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command("show")(show)
    group.command("redrive")(redrive)
    group.command("discard")(discard)
    app.add_typer(group, name="dlq")


def list_(data: Data = DATA, as_json: AsJson = False) -> None:
    """How many dead letters there are by topic, reason and agency, and their ids (--json: all of them)."""
    from deploy.local.dead_letter_groups import groups

    rows = groups(redriving.read(data, None))
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    elif not rows:
        typer.echo("no dead letters")
    else:
        _show_groups(rows)
        typer.echo("./payung dlq show ID shows one of them; redrive TOPIC puts them back, discard TOPIC gives them up")


def show(
    id_: Annotated[str, typer.Argument(metavar="LETTER", help="TOPIC/PARTITION/OFFSET, as `dlq list` shows it.")],
    contents: Annotated[bool, typer.Option("--contents", help="Also key and contents: may be personal data.")] = False,
    data: Data = DATA,
) -> None:
    """One dead letter: why it is one, where it comes from; --contents its headers and bytes."""
    from deploy.local import dead_letter_groups

    found = [each for each in redriving.read(data, _topic_of(id_)) if each.id == id_]
    if not found:
        raise Failure(f"there is no dead letter '{id_}'; ./payung dlq list names one of each kind")
    lines = dead_letter_groups.described(found[0])
    if contents:
        lines |= dead_letter_groups.contents(found[0])
    for name, text in lines.items():
        typer.echo(f"{name + ':':16}{text}")


def redrive(
    topic: Topic = None,
    reason: Reason = None,
    agency: Agency = None,
    id_: One = None,
    all_: All = False,
    of_earlier_releases: Earlier = False,
    dry_run: DryRun = False,
    data: Data = DATA,
) -> None:
    """Put dead letters back to the topic they came from; a record that fails again comes back here."""
    from deploy.local.dead_letter_groups import Choice
    from shared.release import release

    topic = topic or (_topic_of(id_) if id_ else None)
    if (topic is None) != (all_ or of_earlier_releases):
        raise typer.BadParameter("give the topic, or --all, or one --id, or --of-earlier-releases")
    choice = Choice(topic, reason, agency, id_, before=release() if of_earlier_releases else None)
    before = redriving.read(data, topic)
    chosen = _chosen(before, choice)
    if dry_run:
        typer.echo("nothing was changed")
        return
    for each in sorted({letter.topic for letter in chosen}):
        _report(each, redriving.put_back(data, each, choice))
    _report_return(data, topic, before)


def discard(
    because: Because,
    topic: Topic = None,
    reason: Reason = None,
    agency: Agency = None,
    id_: One = None,
    dry_run: DryRun = False,
    data: Data = DATA,
) -> None:
    """Give dead letters up: they are deleted, and the audit trail keeps how many and why."""
    from deploy.local.dead_letter_groups import Choice

    topic = topic or (_topic_of(id_) if id_ else None)
    if topic is None:
        raise typer.BadParameter("give the topic, or one --id")
    text = " ".join(because.split())
    if not 0 < len(text) <= LONGEST_REASON:
        raise typer.BadParameter(f"a reason of 1 to {LONGEST_REASON} characters is needed", param_hint="--because")
    choice = Choice(topic, reason, agency, id_)
    _chosen(redriving.read(data, topic), choice)
    if dry_run:
        typer.echo("nothing was changed")
        return
    count = redriving.discard(data, topic, choice, text)
    typer.echo(f"{count} records discarded; ./payung audit list shows it")


def _topic_of(id_: str) -> str:
    return id_.partition("/")[0]


def _chosen(letters: "list[DeadLetter]", choice: "Choice") -> "list[DeadLetter]":
    """Those that are meant, which are shown; a Failure where there are none."""
    from deploy.local.dead_letter_groups import groups

    chosen = [letter for letter in letters if choice.matches(letter)]
    if not chosen:
        raise Failure(f"there are no such dead letters of '{choice.topic or 'any topic'}'; ./payung dlq list shows all")
    _show_groups(groups(chosen))
    return chosen


def _report(topic: str, done: "Redriven") -> None:
    dropped = f", {done.superseded} dropped: {topic} has a newer record of their key" if done.superseded else ""
    stay = f", {done.cut} stay: they were too long to be kept whole" if done.cut else ""
    typer.echo(f"{done.put_back} records put back to {topic}{dropped}{stay}")


def _report_return(data: Path, topic: str | None, before: "list[DeadLetter]") -> None:
    """What became of them, once the services have read them again."""
    from deploy.local import lag
    from deploy.local.dead_letter_groups import came_back, groups
    from deploy.local.endpoints import load_endpoints

    if not redriving.run(lag.wait_until_zero(load_endpoints(data), SETTLES_WITHIN)):
        typer.echo("the services have not read them yet: ./payung dlq list shows later what came back")
        return
    back = groups(came_back(before, redriving.read(data, topic)))
    typer.echo("these came back:" if back else "none came back")
    _show_groups(back)


def _show_groups(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        sender = f" from {row['agency']}" if row["agency"] else ""
        typer.echo(f"{row['topic']}: {row['count']} × {row['reason']}{sender}, {row['oldest']} to {row['newest']}")
        typer.echo(f"    {' '.join(row['ids'][:SHOWN])}{' …' if len(row['ids']) > SHOWN else ''}")
