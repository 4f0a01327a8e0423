"""Build the docs site into build/site: ``python docs/build_site.py``, or ``make docs``.

Runs the notebook into a page, fits the demo for the sample report, and calls Zensical, which fails on any warning.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"
NOTEBOOK = ROOT / "docs" / "guides" / "notebook.ipynb"
# The offline search asks for this script, which lets pages opened from disk start workers. Ours does the same from
# the worker's source, so that no page requests anything from another host.
SHIM = '<script src="https://unpkg.com/iframe-worker/shim" type="text/javascript"></script>'
WORKERS = "assets/javascripts/workers-from-disk.js"


def main() -> None:
    """Build everything, or exit with what went wrong."""
    write_notebook_page()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    built = subprocess.run(command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True)
    print(plain(built.stdout + (built.stderr if built.returncode else "")))
    if built.returncode:
        sys.exit("the docs site was not built: mend the warnings above")
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

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def write_notebook_page() -> None:
    """Write the executed notebook as a page beside it."""
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
        # One line each, so that Markdown takes it as one block of HTML.
        line = re.sub(r"\s*\n\s*", " ", data["text/html"])
        return f'<div class="output">{line}</div>'
    return f"<pre>{html.escape(data['text/plain'])}</pre>"


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
        page.write_text(text.replace(SHIM, f'<script src="{up}{WORKERS}"></script>'), encoding="utf-8")


def write_sample_report() -> None:
    """Fit the demo and write its report into the site."""
    from gloctm import Corpus, GloCTM

    corpus = Corpus.demo(show_progress=False)
    model = GloCTM(num_topics=12, random_state=0, show_progress=False).fit(corpus)
    model.report(SITE / "sample-report.html", corpus=corpus, title="The demo of GloCTM")


if __name__ == "__main__":
    main()
