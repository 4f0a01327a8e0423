"""Build the docs site into build/site: ``python docs/build_site.py``, or ``make docs``.

It runs the notebook into a page, fits the demo for the sample report, and calls Zensical, which fails on any warning.
With ``--names``, it only writes the page of public names.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"
NAMES = ROOT / "docs" / "reference" / "index.md"
COMMANDS = ROOT / "docs" / "reference" / "command-line.md"
NOTEBOOK = ROOT / "docs" / "guides" / "notebook.ipynb"
# The offline search asks for this script, which lets pages opened from disk start workers. Ours does the same from
# the worker's source, so that no page requests anything from another host.
SHIM = '<script src="https://unpkg.com/iframe-worker/shim" type="text/javascript"></script>'
WORKERS = "assets/javascripts/workers-from-disk.js"


def main() -> None:
    """Build everything, or exit with what went wrong."""
    if sys.argv[1:] == ["--names"]:
        NAMES.write_text(names_page(), encoding="utf-8")
        return
    write_notebook_page()
    write_commands_page()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    built = subprocess.run(command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True)
    print(plain(built.stdout + (built.stderr if built.returncode else "")))
    if built.returncode:
        sys.exit("the docs site was not built: correct what the warnings above name")
    keep_search_on_disk()
    write_sample_report()
    print(f"docs site written to {SITE.relative_to(ROOT)}: open {SITE.relative_to(ROOT)}/index.html")


def plain(text: str) -> str:
    """Return the text without terminal colors and without Python's traceback."""
    return re.sub(r"\x1b\[[\d;]*m", "", text).split("Traceback (most recent call last)")[0].strip()


def run_notebook() -> Any:
    """Execute the notebook and return it with its outputs."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # By sockets of files rather than ports, which others could listen to.
    with tempfile.TemporaryDirectory() as folder:
        config = Config(KernelManager={"transport": "ipc", "ip": f"{folder}/kernel"})
        NotebookClient(notebook, kernel_name="python3", timeout=120, config=config).execute()
    return notebook


def write_notebook_page() -> None:
    """Write the executed notebook as a page next to it."""
    cells = []
    for cell in run_notebook().cells:
        if cell.cell_type == "markdown":
            cells.append(cell.source)
        else:
            cells += [f"```python\n{cell.source}\n```", *filter(None, map(as_markdown, cell.outputs))]
    NOTEBOOK.with_suffix(".md").write_text("\n\n".join(cells) + "\n", encoding="utf-8")


def as_markdown(output: Any) -> str:
    """Return an output of a cell as Markdown: a picture, HTML or text."""
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```" if output.name == "stdout" else ""
    data = output.data
    for kind in ("image/svg+xml", "image/png"):
        if kind in data:
            source = data[kind].encode() if kind == "image/svg+xml" else base64.b64decode(data[kind])
            return f'<img alt="" src="data:{kind};base64,{base64.b64encode(source).decode()}">'
    if "text/html" in data:
        # Without blank lines, Markdown takes it as one block of HTML.
        block = re.sub(r"\n\s*\n", "\n", data["text/html"])
        return f'<div class="output">{block}</div>'
    return f"<pre>{html.escape(data['text/plain'])}</pre>"


def names_page() -> str:
    """Return the page of every public name, room by room."""
    import gloctm

    parts = [
        "# Public names",
        "Everything here is public; everything else may move. `import gloctm` loads neither numpy nor torch: names\n"
        "load their dependencies when first used. [Command line](command-line.md) and [Files and folders](formats.md)\n"
        "are public, too.",
        "## gloctm\n\n" + names_table(gloctm),
    ]
    rooms = {name: getattr(gloctm, name) for name in dir(gloctm) if not name.startswith("_")}
    for name, room in sorted(rooms.items()):
        if isinstance(room, ModuleType) and getattr(room, "__all__", ()):
            parts.append(f"## gloctm.{name}\n\n{summary_of(room)}\n\n{names_table(room)}")
    return "\n\n".join(parts) + "\n"


def names_table(room: ModuleType) -> str:
    """Return a table of the names that a room exports; those with a docstring link to it."""
    rows = []
    for name in sorted(room.__all__):
        if name != "__version__":
            documented = isinstance(getattr(room, name), FunctionType | type)
            link = f"[`{name}`][{room.__name__}.{name}]" if documented else f"`{name}`"
            rows.append(f"| {link} | {summary_of(getattr(room, name)) if documented else 'a constant or a type'} |")
    return "\n".join(["| name | |", "|---|---|", *rows])


def summary_of(documented: Any) -> str:
    """Return the first sentence of a docstring, on one line."""
    return cell((documented.__doc__ or "").strip().partition("\n\n")[0])


def write_commands_page() -> None:
    """Write a page of every command with its arguments and options, as ``--help`` has them."""
    from typer.main import get_command

    from gloctm.cli.main import app

    parts = ["# Command line", "`gloctm COMMAND --help` prints the same in a terminal."]
    for name, command in commands("gloctm", get_command(app)):
        shown = [each for each in command.params if each.name != "help" and not getattr(each, "hidden", False)]
        usage = " ".join([name, *(each.name.upper() for each in shown if each.param_type_name == "argument")])
        rows = [f"| {names_of(each)} | {cell(each.help)} | {cell(default_of(each))} |" for each in shown]
        table = ["\n".join(["| | | default |", "|---|---|---|", *rows])] if rows else []
        parts += [f"## {name}", command.help or "", f"```sh\n{usage} [OPTIONS]\n```", *table]
    COMMANDS.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")


def names_of(parameter: Any) -> str:
    """Return the flags of an option, or the name of an argument."""
    option = parameter.param_type_name == "option"
    flags = [*parameter.opts, *parameter.secondary_opts] if option else [parameter.name.upper()]
    return ", ".join(f"`{flag}`" for flag in flags)


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command below a group with its full name."""
    for each, below in getattr(command, "commands", {}).items():
        yield from commands(f"{name} {each}", below)
    if not hasattr(command, "commands"):
        yield name, command


def default_of(parameter: Any) -> str:
    """Return the default of a parameter as a table shows it; nothing where there is none."""
    shown, default = getattr(parameter, "show_default", None), parameter.default
    if isinstance(shown, str):
        return shown
    nothing = shown is False or default is None or default is False or default == () or callable(default)
    return "" if nothing else f"`{default}`"


def cell(text: str | None) -> str:
    """Return text as a cell of a table; between backticks, signs stay as they are."""
    parts = " ".join((text or "").replace("``", "`").replace("|", "\\|").split()).split("`")
    return "`".join(part if place % 2 else html.escape(part, quote=False) for place, part in enumerate(parts))


def keep_search_on_disk() -> None:
    """Replace the script of another host by our own on every page."""
    [worker] = (SITE / "assets" / "javascripts" / "workers").glob("search.*.js")
    source = json.dumps(worker.read_text(encoding="utf-8")).replace("</", "<\\/")
    script = f"""if (location.protocol === "file:") {{
  const source = {source};
  const FromAddress = window.Worker;
  window.Worker = function () {{ return new FromAddress(URL.createObjectURL(new Blob([source]))); }};
}}
"""
    (SITE / WORKERS).write_text(script, encoding="utf-8")
    for page in SITE.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        up = "/" if page.name == "404.html" else "../" * (len(page.relative_to(SITE).parts) - 1)
        text = text.replace(SHIM, f'<script src="{up}{WORKERS}"></script>')
        if elsewhere := re.search(
            r'<(?:script|img|iframe)[^>]* src="https?:[^"]*|<link[^>]*stylesheet[^>]*https?:', text
        ):
            sys.exit(f"{page.name} loads something from another host: {elsewhere[0]}")
        page.write_text(text, encoding="utf-8")


def write_sample_report() -> None:
    """Fit the demo and write its report into the site."""
    from gloctm import Corpus, GloCTM

    corpus = Corpus.demo(show_progress=False)
    model = GloCTM(num_topics=12, random_state=0, show_progress=False).fit(corpus)
    model.report(SITE / "sample-report.html", corpus=corpus, title="The demo of GloCTM")


if __name__ == "__main__":
    main()
