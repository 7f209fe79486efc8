"""sign-in"""

import typer

from deploy.local.options import DATA, Data


def register(app: typer.Typer) -> None:
    app.command("sign-in")(show)


def show(data: Data = DATA) -> None:
    """Show a link that signs you in to the pages as the administrator, once, within 15 minutes."""
    from deploy.local.endpoints import load_endpoints
    from deploy.local.sign_in import new_link

    typer.echo(new_link(load_endpoints(data)))
