"""What the README and the docs say about themselves and about the repository holds."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import yaml

# Written by the build, see docs/build_site.py.
GENERATED = {"guides/notebook.md", "reference/command-line.md"}


def is_generated(target):
    return any(page.endswith(target.rpartition("/")[2]) for page in GENERATED)


def pages(repository):
    docs = repository / "docs"
    return [path for path in sorted(docs.rglob("*.md")) if path.relative_to(docs).as_posix() not in GENERATED]


def test_readme_is_short_and_shows_code_at_once(repository):
    text = (repository / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 450
    assert len(text[: text.index("```bash\nmake demo")].split()) < 50
    assert len(text[: text.index("```python")].split()) <= 150


def test_readme_commands_are_those_of_the_makefile(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    text = (repository / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^make (\w+)", text, flags=re.MULTILINE)
    assert shown == ["demo", "test"]
    for target in (*shown, "docs"):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_links_and_paths_exist(repository):
    for page in (
        *(repository / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
        *pages(repository),
    ):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:\s]+)[)#]", text):
            assert page.parent.joinpath(target).exists() or target.rsplit("/")[-1] in {
                "notebook.md",
                "command-line.md",
            }, (page.name, target)
        for module in re.findall(r"`(gloctm/[\w/.]+(?:\.py|/))`", text):
            assert (repository / "src" / module).exists(), (page.name, module)
        for script in re.findall(r"`(?:python )?(benchmarks/[\w/.]+\.py)", text):
            assert (repository / script).is_file(), (page.name, script)


def test_every_page_is_in_the_navigation(repository):
    def listed(entry):
        if isinstance(entry, str):
            return {entry}
        return set().union(*map(listed, entry.values() if isinstance(entry, dict) else entry))

    navigation = yaml.safe_load((repository / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    docs = repository / "docs"
    assert listed(navigation) == {page.relative_to(docs).as_posix() for page in pages(repository)} | GENERATED


def test_paths_of_the_docs_that_the_package_names_exist(repository):
    for module in (repository / "src").rglob("*.py"):
        for name in re.findall(r"\bdocs/[\w/-]+\.md", module.read_text(encoding="utf-8")):
            assert (repository / name).is_file(), (module.name, name)


def test_tables_are_those_of_the_results(repository):
    checked = subprocess.run(
        [sys.executable, repository / "benchmarks" / "tables.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_every_public_name_is_listed(repository, build):
    page = (repository / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    assert page == build.names_page(), "run python docs/build_site.py --names"


def test_every_room_has_a_page(repository, build):
    rooms = set(re.findall(r"^## (gloctm[.\w]*)$", build.names_page(), flags=re.MULTILINE))
    reference = repository / "docs" / "reference"
    shown = {
        room for page in reference.glob("*.md") for room in re.findall(r"^::: (.+)$", page.read_text("utf-8"), re.M)
    }
    assert rooms <= shown


def test_contributing_lists_the_rooms_in_the_order_of_their_contract(repository):
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    text = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8").split("| room |")[1].split("## ")[0]
    shown = [re.findall(r"`(\w+)(?:/|\.py)`", row.split("|")[1]) for row in text.splitlines() if row.startswith("| `")]
    assert [set(row) for row in shown] == [set(layer.split(" | ")) for layer in layers if layer != "__main__"]
