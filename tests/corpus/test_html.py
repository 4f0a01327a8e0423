"""A corpus in a notebook."""

from __future__ import annotations

import re

import numpy as np

from gloctm import Corpus


def test_a_corpus_in_a_notebook():
    tokens = {"en": [["<b>", "red"], ["<b>"], ["x"]], "ar": [["قطار", "بيت"], ["بيت"]]}
    corpus = Corpus.from_tokens(tokens, vocabulary={"en": ["<b>", "red"], "ar": ["بيت", "قطار"]}, encoder=None)
    corpus = corpus.with_embeddings("en", words=np.ones((2, 1024), np.float32))
    corpus.encoder = "a & <i>b</i>"
    html = corpus._repr_html_()
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", html)]
    assert rows == [
        [
            "language",
            "documents",
            "empty documents",
            "words",
            "frequent words",
            "word embeddings",
            "document embeddings",
        ],
        ["en", "3", "1", "2", "&lt;b&gt;, red", "1,024 dimensions", "none"],
        ["ar", "2", "0", "2", "بيت, قطار", "none", "none"],
    ]
    assert "2 languages, embeddings by a &amp; &lt;i&gt;b&lt;/i&gt;" in html
    assert '<td dir="auto" lang="ar">بيت, قطار</td>' in html
    assert "embeddings by" not in Corpus.from_tokens(tokens, encoder=None)._repr_html_()


def test_a_dark_notebook_keeps_its_colors():
    html = Corpus.from_tokens({"en": [["a", "b"]], "de": [["c", "d"]]}, encoder=None)._repr_html_()
    colors = re.findall(r"(?:color|background): ([^;\"]+)", html)
    assert set(colors) == {"inherit", "transparent"}
