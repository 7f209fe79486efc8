"""sign-in"""

from typing import Annotated

import typer

from deploy.local.options import DATA, Data

Agency = Annotated[str | None, typer.Option(metavar="SLUG", help="Sign in as this agency.")]


def register(app: typer.Typer) -> None:
    app.command("sign-in")(show)


def show(agency: Agency = None, data: Data = DATA) -> None:
    """Show a link that signs in to the pages as the administrator or an agency: once, within 15 minutes."""
    from deploy.local.endpoints import load_endpoints
    from deploy.local.sign_in import new_link

    typer.echo(new_link(load_endpoints(data), agency))
