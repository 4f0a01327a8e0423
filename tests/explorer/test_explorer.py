"""The explorer's page as text: what is in it, how it is escaped, how large it is."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from gloctm.errors import InputError, MissingDependencyError
from gloctm.evaluation import MEASURE_NAMES
from gloctm.explorer import check_report_target, render_page, write_report
from gloctm.explorer import page as page_module
from made_up_summary import Given, made_up_summary

pytest.importorskip("jinja2", reason="the report needs jinja2")
pytest.importorskip("vl_convert", reason="the report needs vl-convert-python")

ASSETS = Path(str(resources.files("gloctm.explorer"))) / "assets"
SCRIPTS = sorted((ASSETS / "scripts").glob("*.js"))
# All that ends a script, a comment or a line where a parser does not expect it.
HOSTILE = "</script><script>window.intruder=1</script><!--<script> ]]>&lt;\u2028\u2029\"'`\\"


class Page(HTMLParser):
    """What a parser makes of a page: scripts and styles with their text, all attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.title = ""
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.attributes.extend((tag, name, value) for name, value in attributes)
        if tag == "script":
            self.scripts.append((dict(attributes), ""))
        elif tag == "style":
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self._open == "style":
            self.styles[-1] += data
        elif self._open == "title":
            self.title += data

    def script(self, name: str) -> tuple[dict[str, str | None], str]:
        """The script of an id."""
        return next((attributes, text) for attributes, text in self.scripts if attributes.get("id") == name)

    def data(self, name: str) -> Any:
        """What a script of an id holds, decoded as its own attribute says."""
        attributes, text = self.script(name)
        if attributes["data-encoding"] == "deflate":
            return json.loads(zlib.decompress(base64.b64decode(text)))
        return json.loads(text)

    @property
    def summary(self) -> object:
        """The embedded summary, with the documents that are embedded apart."""
        summary, documents = self.data("summary"), self.data("documents")
        if documents is None:
            return summary
        assert documents.pop("members") == [topic["members"] for topic in summary["topics"]]
        assert summary["documents"]["count"] == len(documents["ids"])
        return {**summary, "documents": documents}

    @property
    def policy(self) -> dict[str, list[str]]:
        """The Content-Security-Policy: sources by directive."""
        values = [value for tag, name, value in self.attributes if tag == "meta" and name == "content"]
        text = next(value for value in values if value and value.startswith("default-src"))
        return {name: sources for name, *sources in (part.split() for part in text.split(";"))}


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture(scope="module")
def plain() -> Page:
    return Page(render_page(made_up_summary()))


def test_a_page_holds_the_whole_summary(plain):
    assert plain.summary == made_up_summary()
    assert plain.script("summary")[0]["data-encoding"] == "json"
    assert plain.title == "Four seasons of news"


def test_what_gives_itself_as_a_mapping_is_taken_as_well():
    mapping = made_up_summary()
    assert render_page(Given(mapping)) == render_page(mapping)


def test_large_data_is_deflated_and_stays_the_same():
    mapping = made_up_summary(vocabulary=3000)
    page = Page(render_page(mapping))
    assert page.script("summary")[0]["data-encoding"] == "deflate"
    assert page.summary == mapping


def test_fifty_topics_and_five_languages_stay_under_some_megabytes():
    mapping = made_up_summary(
        ("en", "ja", "ar", "de", "zh"), num_topics=50, vocabulary=5000, num_documents=5, characters=600, documents=None
    )
    letters = {"ja": (0x4E00, 3000), "zh": (0x4E00, 3000), "ar": (0x621, 36)}
    rng = random.Random(0)

    def drawn(code: str, length: int) -> str:
        """Letters drawn at random, which deflate less well than any text that says something."""
        first, number = letters.get(code, (0x61, 26))
        return "".join(chr(first + rng.randrange(number)) for _ in range(length))

    for topic in mapping["topics"]:
        for code, documents in topic["documents"].items():
            for document in documents:
                document["text"] = drawn(code, len(document["text"]))
    for code, index in mapping["search"].items():
        index["words"] = [drawn(code, len(word)) for word in index["words"]]
        for place, topics in enumerate(index["topics"]):
            index["topics"][place] = [
                [topic, rng.randrange(5000), rng.randrange(10_000) / 5000] for topic, *_ in topics
            ]
    assert len(json.dumps(mapping)) > 3_000_000
    size = len(render_page(mapping).encode())
    assert size < 3_850_000
    # The library and the code of the page, whatever it shows.
    assert len(render_page(made_up_summary(num_topics=1, corpus=False)).encode()) < 900_000


def test_fifty_topics_and_five_languages_without_documents_stay_under_three_megabytes():
    mapping = made_up_summary(("en", "ja", "ar", "de", "zh"), num_topics=50, vocabulary=5000, documents=None)
    for topic in mapping["topics"]:
        topic["documents"] = {}
    assert len(render_page(mapping).encode()) < 3_000_000


def test_nothing_is_fetched(plain):
    for tag, name, value in plain.attributes:
        assert name not in ("src", "srcset", "action", "formaction", "poster", "data"), tag
        if name in ("href", "xlink:href"):
            assert value.startswith(("#", "data:")), value
    assert not re.search(r"url\(|@import", "".join(plain.styles))


def test_no_hostile_text_gets_out_of_its_place(plain):
    mapping = made_up_summary(hostile=HOSTILE)
    for summary in (mapping, made_up_summary(hostile=HOSTILE, vocabulary=2000)):
        page = Page(render_page(summary))
        assert page.summary == summary
        assert page.title == mapping["title"]
        assert [attributes for attributes, _ in page.scripts][:1] == [{}]
        assert len(page.scripts) == len(plain.scripts)
        assert "window.intruder" not in "".join(
            text for attributes, text in page.scripts if attributes.get("type") in (None, "module")
        )


def test_lone_surrogates_and_odd_spaces_are_kept(tmp_path):
    mapping = made_up_summary(num_topics=1, hostile="\ud800\u2028\x00\x0b")
    path = write_report(mapping, tmp_path / "report.html")
    assert Page(path.read_text(encoding="utf-8")).summary == mapping


@pytest.mark.parametrize("live", [False, True])
def test_the_policy_lets_only_the_page_s_own_scripts_run(live):
    page = Page(render_page(made_up_summary(), live=live))
    run = [text for attributes, text in page.scripts if attributes.get("type") in (None, "module")]
    vega = zlib.decompress(base64.b64decode(page.script("vega")[1])).decode()
    policy = page.policy
    assert policy["default-src"] == ["'none'"]
    assert sorted(policy["script-src"]) == sorted([*map(sha256, run), sha256(vega)])
    assert sorted(policy["style-src"]) == sorted(map(sha256, page.styles))
    assert policy["connect-src"] == ["'self'" if live else "'none'"]
    assert "'unsafe-inline'" not in str(policy)
    assert "'unsafe-eval'" not in str(policy)


def test_texts_can_be_tried_only_where_a_server_answers():
    for live in (False, True):
        page = Page(render_page(made_up_summary(), live=live))
        script = page.scripts[-1][1]
        assert ("fetch(" in script) is live
        assert (("html", "data-live", "true") in page.attributes) is live


def test_every_measure_says_what_it_is():
    source = (ASSETS / "scripts" / "measures.js").read_text(encoding="utf-8")
    explained = {quoted or bare for quoted, bare in re.findall(r'^  (?:"([^"]+)"|(\w+)): "', source, re.MULTILINE)}
    assert explained == set(MEASURE_NAMES.values())


def test_line_ends_of_scripts_are_those_that_a_browser_hashes():
    assert "\r" not in render_page(made_up_summary())


def test_another_version_is_refused():
    with pytest.raises(InputError, match="format 1, and this version of gloctm knows"):
        render_page({**made_up_summary(), "format": 1})


@pytest.mark.parametrize("other", [object(), {"title": "weather"}])
def test_what_is_no_summary_is_refused(other):
    with pytest.raises(InputError, match=r"drawn of a summary, not of .*summarize"):
        render_page(other)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value, tmp_path):
    path = tmp_path / "report.html"
    write_report(made_up_summary(), path)
    before = path.read_bytes()
    broken = made_up_summary()
    broken["topics"][0]["x"] = value
    with pytest.raises(InputError, match="not finite"):
        write_report(broken, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_report_is_the_page_as_a_file(tmp_path):
    mapping = made_up_summary()
    path = write_report(mapping, str(tmp_path / "Report.HTML"))
    assert path == tmp_path / "Report.HTML"
    assert path.read_bytes().decode() == render_page(mapping)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("folder.html", "a folder"), ("report.pdf", "ends in .html"), ("report", "ends in .html"), ("no/r.html", "exist")],
)
def test_unfit_places_are_refused_before_anything_is_rendered(name, complaint, tmp_path):
    (tmp_path / "folder.html").mkdir()
    for refused in (lambda path: write_report({}, path), check_report_target):
        with pytest.raises(InputError, match=complaint):
            refused(tmp_path / name)


@pytest.mark.parametrize("package", ["jinja2", "vl_convert"])
def test_a_missing_package_is_named_with_its_cure(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    page_module._vega_bundle.cache_clear()
    with pytest.raises(MissingDependencyError, match=r'vl-convert-python and jinja2, .*pip install "gloctm\[report\]"'):
        render_page(made_up_summary())


def test_neither_library_is_loaded_before_a_page_is_made():
    code = "import sys, gloctm.explorer; sys.exit(bool({'vl_convert', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_script_and_style_goes_into_the_page():
    text = render_page(made_up_summary(), live=True)
    for file in [*SCRIPTS, *(ASSETS / "styles").glob("*.css")]:
        assert file.read_text(encoding="utf-8").strip() in text, file.name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_make_no_markup_of_texts(script):
    source = script.read_text(encoding="utf-8")
    for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "https:"):
        assert unsafe not in source
    assert "</script" not in source.lower()
    assert "<!--" not in source


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to read the scripts")
def test_scripts_are_valid(tmp_path):
    # Together they are one module, so that a name taken twice is an error as well.
    page = Page(render_page(made_up_summary(), live=True))
    module = tmp_path / "page.mjs"
    module.write_text(page.scripts[-1][1], encoding="utf-8")
    result = subprocess.run(["node", "--check", str(module)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
