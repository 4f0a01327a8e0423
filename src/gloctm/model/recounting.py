"""Corpora of other documents than a model was trained on, in the words of the model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import recounted
from gloctm.errors import InputError
from gloctm.model.fitted import FittedModel
from gloctm.shards.samples import as_sampled


def in_words_of(model: FittedModel, corpus: Corpus) -> Corpus:
    """Return a corpus with its trained languages counted over the model's vocabularies; itself if they are.

    Args:
        model: trained.
        corpus: of any documents.

    Raises:
        InputError: it has other words than the model, and no texts to count.
    """
    parts = dict(corpus)
    for code, part in corpus.items():
        vocabulary = model.vocabulary_.get(code)
        if vocabulary is None or list(part.vocabulary) == vocabulary:
            continue
        if part.texts is None:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model, and no texts to count by the model's: "
                "give the corpus that it was trained on, or one built from texts (gloctm corpus build)"
            )
        # As transform counts them.
        counted = recounted(part, vocabulary, partial(model.counts, language=code))
        parts[code] = replace(counted, tokenizer=model.tokenizers_[code], own_tokenizer=None)
    if all(parts[code] is part for code, part in corpus.items()):
        return corpus
    return as_sampled(corpus, parts)
