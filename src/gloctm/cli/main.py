"""Entry point of ``gloctm``: the commands, and what every error becomes.

Exit codes: 0 all well, 1 an unexpected failure, 2 something in the input or the settings, 130 interrupted, 143
terminated.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gloctm.cli import corpus, demo, evaluate, label, model, report, search, serve, tasks, train, verify
from gloctm.cli.messages import INTERRUPTED, TERMINATED, in_shell_terms, inert_terminals, report_error, say, warn
from gloctm.errors import TrainingInterrupted
from gloctm.inert import inert, shortened
from gloctm.training.interrupts import Termination
from gloctm.training.settings import nearest_setting


class _Commands(TyperGroup):
    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except Exception as error:
            _make_inert(error)
            raise

    # Within typer, which ends the process by itself on an interrupt and on a broken pipe, as its version will.
    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            # What is still buffered can meet a full disk, or a reader that has gone, as late as now.
            print(end="", flush=True)
        except TrainingInterrupted as interrupt:
            say(f"gloctm: {in_shell_terms(str(interrupt))}")
            raise typer.Exit(TERMINATED if interrupt.terminated else INTERRUPTED) from None
        except KeyboardInterrupt as interrupt:
            terminated = isinstance(interrupt, Termination)
            kept = str(interrupt) or "nothing was written"
            say(f"gloctm: {'terminated' if terminated else 'interrupted'}; {kept}")
            raise typer.Exit(TERMINATED if terminated else INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output (head, less) has gone: not an error; keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        except Exception as error:
            _suggest_setting(error)
            _make_inert(error)
            raise
        return result


def _make_inert(error: Any) -> None:
    """Take from a message of typer's, which quotes arguments, what a terminal would obey and what is very long."""
    if isinstance(getattr(error, "message", None), str):
        error.message = inert(shortened(error.message))


def _suggest_setting(error: Any) -> None:
    """Let an unknown option suggest the setting that other libraries call so, rather than what is spelled alike."""
    name = getattr(error, "option_name", None)
    ctx = getattr(error, "ctx", None)
    if name is None or ctx is None:
        return
    setting = nearest_setting(name.lstrip("-").replace("-", "_"))
    for parameter in ctx.command.params:
        if parameter.name == setting and parameter.opts:
            error.possibilities = [parameter.opts[0]]


app = typer.Typer(
    cls=_Commands,
    name="gloctm",
    help="Topics shared by all languages of your texts, each with its words in every language.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Results go to standard output or to the file given with -o, messages and progress to standard error.",
)
app.command("demo")(demo.demo)
app.add_typer(corpus.app, name="corpus")
app.command("train")(train.train)
app.command("topics")(model.topics)
app.command("label")(label.label)
app.command("transform")(model.transform)
app.command("documents")(tasks.documents)
app.command("compare")(tasks.compare)
app.command("reduce")(tasks.reduce)
app.command("evaluate")(evaluate.evaluate)
app.command("search")(search.search)
app.command("report")(report.report)
app.command("serve")(serve.serve)
app.command("info")(model.info)
app.command("verify")(verify.verify)


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
    threading.excepthook = _report_thread
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Words of every script come out: in files and pipes as UTF-8, on a terminal as far as it can show them.
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="backslashreplace")
    try:
        with inert_terminals(), _unwinding_when_terminated():
            app()
    except Exception as error:
        if os.environ.get("GLOCTM_DEBUG"):
            raise
        sys.exit(report_error(error))


@contextlib.contextmanager
def _unwinding_when_terminated() -> Iterator[None]:
    """End like an interrupt where another program asks for it, so that no worker and no half-written folder is left."""

    def unwind(*_: object) -> None:
        raise Termination

    # Somebody who has the signal ignored or handled keeps it so; only the main thread may ask for it.
    usual = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        # Processes that train together ignore it once they end.
        if signal.getsignal(signal.SIGTERM) is unwind:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _report_thread(failure: threading.ExceptHookArgs) -> None:
    # The thread that serves worker processes may stumble when they are stopped amid their work, of which the user is
    # told in a sentence.
    if failure.thread is None or failure.thread.name != "ExecutorManagerThread" or os.environ.get("GLOCTM_DEBUG"):
        threading.__excepthook__(failure)


def _show_warning(message: Warning | str, category: type[Warning], *_: object) -> None:
    # Only this package's own warnings are for users of the command line.
    if category.__module__.startswith("gloctm"):
        warn(str(message))
