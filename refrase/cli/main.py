"""The entry point. It imports click alone; each command's module is imported when the command runs."""

import sys
from importlib import import_module

import click

from refrase.errors import EXIT_INTERRUPTED, RefraseError

# name: (module, what --help says of it)
_COMMANDS = {
    "rewrite": ("refrase.cli.rewrite", "Rewrite one prompt for a target model."),
    "batch": ("refrase.cli.batch", "Rewrite a library: a folder of .md, .txt and .jsonl files."),
    "check": ("refrase.cli.check", "Compare a prompt with its original, without a model."),
    "lint": ("refrase.cli.lint", "Tell what a target's guide finds wrong with prompts, without a model."),
    "guides": ("refrase.cli.guides", "List, show, check and compare guides; which rules apply to a prompt."),
    "providers": ("refrase.cli.providers", "List, show and check the providers of the engine."),
    "history": ("refrase.cli.history", "List, show and export the stored pairs."),
    "serve": ("refrase.cli.serve", "Start the web form and the REST endpoint."),
    "db": ("refrase.cli.db", "Bring the database to the newest schema."),
}


class _LazyGroup(click.Group):
    """A group that knows its commands by name and one line of help until one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in _COMMANDS.items()])


def _version(ctx: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        click.echo(f"refrase {version('refrase')}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version.")
def cli() -> None:
    """Rewrite prompts for a named target model, by that model's own guide, and prove that nothing was lost."""


def main() -> None:
    """Run the command line; every error Refrase knows becomes a message and its exit code, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = EXIT_INTERRUPTED
    except RefraseError as error:
        from refrase.cli.output import show_error

        show_error(error)
        code = error.exit_code
    sys.exit(code or 0)
