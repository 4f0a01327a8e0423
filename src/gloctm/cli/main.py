"""Entry point of ``gloctm``: the commands, and what every error becomes.

Exit codes: 0 all well, 1 an unexpected failure, 2 something in the input or the settings, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gloctm.cli import corpus, demo, model, train
from gloctm.cli.messages import INTERRUPTED, report_error, say


class _Commands(TyperGroup):
    # Within typer, which ends the process by itself on an interrupt and on a broken pipe, as its version will.
    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            # What is still buffered can meet a full disk, or a reader that has gone, as late as now.
            print(end="", flush=True)
        except KeyboardInterrupt:
            say("gloctm: interrupted; nothing was written")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output (head, less) has gone: not an error; keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        return result


app = typer.Typer(
    cls=_Commands,
    name="gloctm",
    help="Topics shared by all languages of your texts, with each topic's words in each language.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Results go to standard output or where -o says, messages and progress to standard error.",
)
app.command("demo")(demo.demo)
app.add_typer(corpus.app, name="corpus")
app.command("train")(train.train)
app.command("topics")(model.topics)
app.command("transform")(model.transform)
app.command("info")(model.info)


def _show_version(wanted: bool) -> None:
    if wanted:
        from gloctm import __version__

        print(f"gloctm {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every failure ends in one sentence on standard error and a telling exit code."""
    warnings.showwarning = _show_warning  # type: ignore[assignment]  # fewer arguments by design
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Words of every script come out: in files and pipes as UTF-8, on a terminal as far as it can show them.
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="backslashreplace")
    try:
        app()
    except Exception as error:
        if os.environ.get("GLOCTM_DEBUG"):
            raise
        sys.exit(report_error(error))


def _show_warning(message: Warning | str, category: type[Warning], *_: object) -> None:
    # Only this package's own warnings are for users of the command line.
    if category.__module__.startswith("gloctm"):
        print(f"gloctm: warning: {message}", file=sys.stderr)
