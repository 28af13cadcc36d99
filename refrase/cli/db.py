"""refrase db: the database's schema."""

import asyncio

import click

from refrase.cli import options, output


@click.group(context_settings=options.CONTEXT)
def command() -> None:
    """Bring the database to the newest schema."""


@command.command(context_settings=options.CONTEXT)
def upgrade() -> None:
    """Bring the database to the newest schema. Every command that needs it does this by itself, too."""
    from refrase.bootstrap import open_database, settings_from_environment
    from refrase.storage import migrate

    async def run() -> None:
        database = open_database(settings_from_environment())
        try:
            is_changed = await migrate.upgrade(database)
        finally:
            await database.close()
        done = "brought to" if is_changed else "already at"
        output.say(f"{database.name} is {done} schema {migrate.HEAD_REVISION}.")

    asyncio.run(run())
