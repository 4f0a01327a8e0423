"""The page on languages: its examples run, and its table says what the code does."""

from __future__ import annotations

import json
import re

import pytest
from mktestdocs import check_md_file

from gloctm.errors import UnknownLanguageWarning
from gloctm.text import get_tokenizer, stop_word_languages, stop_words
from gloctm.text.lemmas import LEMMA_LANGUAGES

EXTRAS = {"zh-jieba": "zh", "ja-sudachi": "ja", "ko-kiwi": "ko", "th-newmm": "th", "unicode": ""}


@pytest.fixture
def page(repository):
    return repository / "docs" / "guides" / "languages.md"


def rows(text: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"
    ]
    # The page has other tables too, which are narrower.
    return {code: rest for code, *rest in cells if len(rest) == 5}


def test_table_of_languages(page, repository):
    table = rows(page.read_text(encoding="utf-8"))
    sentences = repository / "tests" / "golden_tokens" / "sentences.json"
    assert list(table) == list(json.loads(sentences.read_text(encoding="utf-8")))
    for code, (_, name, extra, stopped, lemmas) in table.items():
        assert name == get_tokenizer(code).name
        assert extra == EXTRAS[name]
        assert stopped == f"{len(stop_words(code)):,}"
        assert lemmas == ("always" if code in ("ja", "ko") else "yes" if code in LEMMA_LANGUAGES else "no")


def test_languages_with_stop_words_are_listed(page):
    text = page.read_text(encoding="utf-8")
    others = re.search(r"These languages have lists, too:\n\n```text\n(.*?)```", text, re.DOTALL)[1].split()
    tested = [code for code in rows(text) if code != "zh-Hant"]
    assert sorted([*others, *tested]) == list(stop_word_languages())


def test_examples_print_what_they_show(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "cache"))
    with pytest.warns(UnknownLanguageWarning, match="'my'"):
        check_md_file(fpath=page, lang="python", memory=True)
    printed = capsys.readouterr().out.splitlines()
    shown = re.findall(r"^print\(.*\)(?:  |\n)# (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(shown) == 8
    assert printed == [*shown, "['blue', 'boat', 'bus'] ['ဘတ်စ်ကား', 'လှေ']"]
