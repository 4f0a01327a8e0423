"""The model card: a README.md for a model's folder, with the front matter that the Hugging Face Hub reads.

It says what is known of a model and nothing else: no authors, no license unless one is given, no claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gloctm.checks import listed
from gloctm.corpus.language import LanguageCorpus
from gloctm.errors import InputError
from gloctm.evaluation import Evaluation, name_of
from gloctm.languages import primary_subtag
from gloctm.model.model import TopicModel
from gloctm.shards.language import ShardedLanguage
from gloctm.shards.samples import AnyCorpus
from gloctm.summary.names import name_of_language
from gloctm.summary.quality import evaluation_of

TAGS = ("gloctm", "topic-modeling", "multilingual", "cross-lingual")

# What Markdown or HTML could read as markup. A backslash escapes all but two: the bar, which ends a table cell in some
# renderers even so, and the backslash itself, which some count differently before a bar.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;"}
_MARKUP = re.compile(r"[&<>|\\`*_\[\]{}()#!~$:@]|(?<=www)\.", re.IGNORECASE)


def model_card(
    model: TopicModel,
    *,
    corpus: AnyCorpus | None = None,
    evaluation: Evaluation | Mapping[str, Any] | None = None,
    title: str | None = None,
    description: str | None = None,
    license_id: str | None = None,
    tags: Iterable[str] = (),
    repo_id: str | None = None,
    num_words: int = 8,
) -> str:
    """Write the model card of a trained model.

    Args:
        model: trained.
        corpus: of the training; the card then has its numbers of documents and tokens.
        evaluation: of this model, from ``gloctm.evaluate`` or its ``to_dict()``; the card then has its figures.
        title: heading; "A topic model of" with the languages' names unless given.
        description: a paragraph of your own below the heading, as Markdown; it is inserted as it is.
        license_id: of the model, in the Hub's terms, for example ``"cc-by-4.0"``. None states none.
        tags: further tags.
        repo_id: the repository of the card, ``"organization/name"``; its example then reads from there.
        num_words: words per topic and language. The table remains legible up to about 8.

    Returns:
        Markdown with YAML front matter. Words, labels and the title are shown as text, whatever they hold.

    Raises:
        InputError: the model was not trained on the corpus, the evaluation is none or of another model, or a text is
            empty.

    Examples:
        >>> from gloctm.export import model_card
        >>> model_card(model, license_id="cc-by-4.0").splitlines()[1:4]
        ['language:', '- en', '- de']
    """
    import yaml

    model.check_trained()
    for code in model.languages_:
        if corpus is not None and (code not in corpus or list(corpus[code].vocabulary) != model.vocabulary_[code]):
            raise InputError(
                f"the corpus is not the one that the model was trained on: it differs in {code!r}; give that, or none"
            )
    measured = None if evaluation is None else evaluation_of(model, evaluation)
    texts = {"title": title, "license_id": license_id, "description": description, "repo_id": repo_id}
    for name, text in texts.items():
        if text is not None and (not isinstance(text, str) or not text.strip()):
            raise InputError(f"{name} is {text!r}: give some text, or leave it out")
    extra = [tags] if isinstance(tags, str) else list(tags)
    front: dict[str, Any] = {
        "language": list(dict.fromkeys(primary_subtag(code) for code in model.languages_)),
        "library_name": "gloctm",
        "tags": list(dict.fromkeys([*TAGS, *extra])),
    }
    # The Hub's languages have neither scripts nor regions; for these it has another field.
    if any(code != primary_subtag(code) for code in model.languages_):
        front["language_bcp47"] = list(model.languages_)
    if license_id is not None:
        front["license"] = license_id.strip()
    heading = title or f"A topic model of {listed([name_of_language(code) for code in model.languages_])}"
    sections = [
        f"# {as_text(heading)}",
        _introduction(model),
        *([] if description is None else [description.strip()]),
        f"## Use\n\n{_use(model, repo_id)}",
        f"## Topics\n\nThe first {num_words} words of each topic in each language.\n\n{_topics(model, num_words)}",
        f"## Languages\n\n{_languages(model, corpus)}",
        *([] if measured is None else [f"## Quality\n\n{_quality(measured)}"]),
        f"## Training\n\n{_training(model)}",
    ]
    matter = yaml.safe_dump(front, allow_unicode=True, sort_keys=False)
    return f"---\n{matter}---\n\n" + "\n\n".join(sections) + "\n"


def as_text(text: str) -> str:
    """Escape any text as Markdown that shows it unchanged, on one line, also in tables."""
    line = " ".join(text.split())
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), line)


def _introduction(model: TopicModel) -> str:
    further = ""
    if model.word_encoder_ is not None:
        further = (
            " Texts in languages that it was not trained on are inferred through the encoder of its words, "
            f"{as_text(model.word_encoder_)}, if that knows the language."
        )
    return (
        f"A cross-lingual topic model: {model.num_topics_} topics that {len(model.languages_)} languages share, with "
        f"the words of each topic in each language. It infers how much of each topic is in a text.{further}"
    )


def _use(model: TopicModel, repo_id: str | None) -> str:
    read, installed = 'GloCTM.load("path/to/this/folder")', "gloctm"
    if repo_id is not None:
        read, installed = f"GloCTM.from_pretrained({json.dumps(repo_id)})", "gloctm[hub]"
    first = json.dumps(model.languages_[0])
    lines = [
        "```python",
        "from gloctm import GloCTM",
        "",
        f"model = {read}",
        "model.print_topics(5)",
        f'theta = model.transform(["…"], language={first})  # a row per text: its topic proportions',
        "```",
        "",
        f"This needs the package `{installed}`, and neither torch nor a GPU.",
    ]
    if own := [code for code in model.languages_ if model.tokenizers_[code].startswith("custom")]:
        named = as_text(listed([name_of_language(code) for code in own]))
        lines[-1] += (
            f" A function that is not part of the model tokenized the texts in {named}: raw texts in these languages "
            "need it, as `tokenizers=`."
        )
    return "\n".join(lines)


def _topics(model: TopicModel, num_words: int) -> str:
    rows: dict[int, list[str]] = {}
    for record in model.topics(num_words):
        words = as_text(" ".join(record["words"]))
        label = model.labels_.get(record["language"], {}).get(record["topic"])
        rows.setdefault(record["topic"], []).append(words if label is None else f"**{as_text(label)}**: {words}")
    headings = ["topic", *(as_text(name_of_language(code)) for code in model.languages_)]
    return _table(headings, [[str(topic), *cells] for topic, cells in rows.items()], numbers=1)


def _languages(model: TopicModel, corpus: AnyCorpus | None) -> str:
    headings = ["language", "code", "words in the vocabulary"]
    rows = []
    for code in model.languages_:
        row = [as_text(name_of_language(code)), code, f"{len(model.vocabulary_[code]):,}"]
        if corpus is not None:
            row += [f"{corpus[code].num_documents:,}", f"{_tokens(corpus[code]):,}"]
        rows.append(row)
    if corpus is not None:
        headings += ["documents", "tokens"]
    return _table(headings, rows)


def _tokens(part: LanguageCorpus | ShardedLanguage) -> int:
    return sum(int(each.counts.sum(dtype=np.int64)) for each in part.parts())


def _quality(evaluation: Evaluation) -> str:
    rows = [
        [as_text(name_of(measure)), as_text(where), f"{value:.4f}"]
        for measure, values in evaluation.measures.items()
        for where, value in values.items()
    ]
    conditions = "; ".join(
        f"{as_text(name.replace('_', ' '))}: {as_text(_plain(value))}" for name, value in evaluation.conditions.items()
    )
    return f"{_table(['measure', 'of', 'value'], rows)}\n\nTaken with {conditions}."


def _training(model: TopicModel) -> str:
    history = model.history_
    facts = {
        **model.settings_,
        "seed": model.seed_,
        "encoder of the embeddings": model.encoder_ or "own vectors",
        **({"epochs trained": len(history), "loss at the end": f"{history[-1]['loss']:.4f}"} if history else {}),
        "SHA-256 of the corpus": model.corpus_fingerprint_,
        **{f"version of {package}": number for package, number in model.environment_.items()},
    }
    # About the machine and the screen, not about the model.
    rows = [[as_text(name), as_text(_plain(value))] for name, value in facts.items() if name != "show_progress"]
    return _table(["setting", "value"], rows)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, Sequence):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """Write a table of GitHub's Markdown; the first few columns are numbers, and cells are Markdown already."""
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'--:|' * numbers}{'---|' * (len(headings) - numbers)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines)
