"""The prose of the README, the docs and docstrings: US spelling, the field's verbs, short sentences.

CONTRIBUTING.md has the rules. Spelling and verbs are checked in the package, too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS_PER_SENTENCE = 25
WORDS_PER_PARAGRAPH = 60

UNITS = "language|topic|document|second|step|word|epoch|pair|seed|process|class|label|minute|corpus|page|line"
COUNTED = "words|documents|texts|topics|rows?|columns?|files?|lines?|figures?|panels?|ms|neighbors"
SUBSTITUTIONS = {
    rf"\b\d[\d,]* (?!leaves |has |was )\w{{2,}}s an? (?:{UNITS})\b": "'per' in place of 'a'",
    rf"\b(?:{COUNTED}) an? (?:{UNITS})\b": "'per' in place of 'a'",
    r"\b(?:told|anew|beside|mends?|mended|taught|had by|is had|goes by|went by|comes of|came of|taken for|so many)\b": (
        "an idiomatic verb: train, test, recompute, next to, correct, pass, use, result"
    ),
    r"\b(?:the like|in turns|stands for|stands in|lies in|lies on|lies at)\b": "a plain verb: is, appears, means",
    r"\b(?:neighb|col|behavi|fav|hon|lab|flav)our": "US spelling: -or",
    r"\b(?:cent|met|fib)re[sd]?\b|\bcentring\b": "US spelling: -er",
    r"(?:label|model|cancel|travel)l(?:ed|ing)\b": "US spelling: one l",
    r"\b(?:[Tt]oken|[Nn]ormal|[Rr]ecogn|[Oo]ptim|[Rr]egular|[Ss]tandard|[Mm]inim|[Mm]axim|[Ss]ummar|[Ii]nitial|[Vv]isual)"
    r"is(?:e|ed|er|ers|es|ing|ation)\b": "US spelling: -ize",
    r"\bper cent\b": "'percent' or '%'",
    r"(?<![\w.…])\.\d": "a zero before the decimal point",
}
# Where a word is meant as it is written.
ALLOWED = {"in turn"}


def without_code(text: str) -> str:
    """The page without code, tables, comments, quotations of formulas, links' addresses and headings."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<!--.*?-->|<[^>]+>", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "CODE", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"^(?:>|#|\||!!!|---|†).*$", "", text, flags=re.MULTILINE)


def words_of(text: str) -> int:
    return len([word for word in text.split() if re.search(r"\w", word)])


def paragraphs(text: str) -> list[str]:
    """Paragraphs and items of lists, each on a line."""
    text = re.sub(r"^( *)(?:[-*]|\d+\.) ", r"\n\1", text, flags=re.MULTILINE)
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", text) if each.strip()]


def sentences(paragraph: str) -> list[str]:
    """Sentences; what a colon or a semicolon joins is one."""
    paragraph = re.sub(r"\b(?:e\.g|i\.e|vs|etc|Dr|al)\. ", "ABBREVIATION ", paragraph)
    return re.split(r"(?<=[.!?])[\"”)*]* +", paragraph)


def prose() -> list[Path]:
    docs = ROOT / "docs"
    # Of these, the prose is that of docstrings.
    made = {docs / name for name in ("guides/notebook.md", "reference/command-line.md", "reference/index.md")}
    names = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
    return [*(ROOT / name for name in names), *(page for page in sorted(docs.rglob("*.md")) if page not in made)]


def docstrings(module: Path) -> str:
    """The docstrings of a module."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, kinds))
    return "\n\n".join(filter(None, map(ast.get_docstring, nodes)))


def faults(text: str) -> list[str]:
    for allowed in ALLOWED:
        text = re.sub(rf"\b{allowed}\b", "", text)
    return [
        f"{found[0]!r}: {advice}" for pattern, advice in SUBSTITUTIONS.items() for found in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("page", prose(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_substitutions(page):
    text = page.read_text(encoding="utf-8")
    if page.name == "CONTRIBUTING.md":
        text = text.split("## Prose")[0]
    text = re.sub(r"<!-- table: topics .*?<!-- end of table -->", "", text, flags=re.DOTALL)
    text = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    assert faults(text) == []


@pytest.mark.parametrize("page", prose(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_sentences_and_paragraphs_are_short(page):
    every = paragraphs(without_code(page.read_text(encoding="utf-8")))
    every = [each for each in every if not re.match(r"\*?\*?(?:Source|Checked)|\(?TU:", each) and "Source*" not in each]
    assert [each for each in every for each in sentences(each) if words_of(each) > WORDS_PER_SENTENCE] == []
    assert [each for each in every if words_of(each) > WORDS_PER_PARAGRAPH] == []


def test_spelling():
    places = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "src", "tests")
    command = [sys.executable, "-m", "codespell_lib", *places]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr


@pytest.mark.parametrize("module", sorted((ROOT / "src").rglob("*.py")), ids=lambda each: each.stem)
def test_substitutions_in_docstrings(module):
    assert faults(docstrings(module)) == []
