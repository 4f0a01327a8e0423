"""The model card: a README.md for a model's folder, with the front matter that the Hugging Face Hub reads.

It says what is known of a model and nothing else: no authors, no licence unless one is stated, no claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gloctm.errors import InputError
from gloctm.evaluation import name_of
from gloctm.languages import primary_subtag
from gloctm.summary.names import name_of_language
from gloctm.summary.quality import evaluation_of

if TYPE_CHECKING:
    from gloctm.corpus.corpus import Corpus
    from gloctm.evaluation import Evaluation
    from gloctm.model.model import TopicModel

TAGS = ("gloctm", "topic-modeling", "multilingual", "cross-lingual")

# What Markdown or HTML could take for markup. A backslash would do for all of them but the bar, which ends a cell of a
# table in some renderers even so, and the backslash itself, which some count differently before a bar.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;"}
_MARKUP = re.compile(r"[&<>|\\`*_\[\]{}()#!~$:@]|(?<=www)\.", re.IGNORECASE)


def model_card(
    model: TopicModel,
    *,
    corpus: Corpus | None = None,
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
        corpus: which the model was trained on: its numbers of documents and tokens are told.
        evaluation: what ``gloctm.evaluate`` found in this model, or its ``to_dict()``: its figures are told.
        title: heading; "A topic model of" with the languages' names unless given.
        description: a paragraph of your own below the heading, as Markdown; it is put in as it is.
        license_id: of the model, as the Hub calls it, for example ``"cc-by-4.0"``. None states none.
        tags: further tags.
        repo_id: the repository that the card is for, ``"organisation/name"``: the example then reads from there.
        num_words: words a topic and language. 8 make a table that still is one.

    Returns:
        Markdown with YAML front matter. Words, labels and the title stand in it as text, whatever they hold.

    Raises:
        InputError: a corpus that the model was not trained on, an evaluation that is none or of another model, an empty
            text.
    """
    import yaml

    model.check_trained()
    _check_corpus(model, corpus)
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
    # The Hub's languages have neither scripts nor regions; those have a field of their own.
    if any(code != primary_subtag(code) for code in model.languages_):
        front["language_bcp47"] = list(model.languages_)
    if license_id is not None:
        front["license"] = license_id.strip()
    heading = title or f"A topic model of {_listed([name_of_language(code) for code in model.languages_])}"
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
    """Any text as Markdown that shows just it, on one line, in a table too."""
    line = " ".join(text.split())
    return _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), line)


def _introduction(model: TopicModel) -> str:
    count = model.num_topics_
    sentences = [
        f"A cross-lingual topic model: {count} topics that {len(model.languages_)} languages share, with the words of "
        "each topic in each language. It tells how much of each topic is in a text."
    ]
    if model.word_encoder_ is not None:
        sentences.append(
            "Texts in languages that it was not trained on are inferred by way of the encoder of its words, "
            f"{as_text(model.word_encoder_)}, where that knows the language."
        )
    return " ".join(sentences)


def _use(model: TopicModel, repo_id: str | None) -> str:
    first = model.languages_[0]
    read = 'GloCTM.load("path/to/this/folder")'
    installed = "gloctm"
    if repo_id is not None:
        read, installed = f"GloCTM.from_pretrained({json.dumps(repo_id)})", "gloctm[hub]"
    lines = [
        "```python",
        "from gloctm import GloCTM",
        "",
        f"model = {read}",
        "for record in model.topics(num_words=5):",
        '    print(record["topic"], record["language"], record["words"])',
        f'theta = model.transform(["…"], language={json.dumps(first)})  # a row a text: its proportions of the topics',
        "```",
        "",
        f"This needs the package `{installed}`, and neither torch nor a GPU.",
    ]
    own = [code for code in model.languages_ if model.tokenizers_[code].startswith("custom")]
    if own:
        named = as_text(_listed([name_of_language(code) for code in own]))
        lines[-1] += (
            f" Texts in {named} were cut into words by a function that is not part of the model: raw texts of theirs "
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


def _languages(model: TopicModel, corpus: Corpus | None) -> str:
    headings = ["language", "code", "words in the vocabulary"]
    rows = []
    for code in model.languages_:
        row = [as_text(name_of_language(code)), code, f"{len(model.vocabulary_[code]):,}"]
        if corpus is not None:
            row += [f"{corpus[code].num_documents:,}", f"{int(corpus[code].counts.sum()):,}"]
        rows.append(row)
    if corpus is not None:
        headings += ["documents", "tokens"]
    return _table(headings, rows)


def _quality(evaluation: Evaluation) -> str:
    rows = [
        [as_text(name_of(measure)), as_text(where), f"{value:.4f}"]
        for measure, values in evaluation.measures.items()
        for where, value in values.items()
    ]
    told = "; ".join(
        f"{as_text(name.replace('_', ' '))}: {as_text(_plain(value))}" for name, value in evaluation.conditions.items()
    )
    return f"{_table(['measure', 'of', 'value'], rows)}\n\nTaken with {told}."


def _training(model: TopicModel) -> str:
    facts = {
        **model.settings_,
        "seed": model.seed_,
        "encoder of the embeddings": model.encoder_ or "own vectors",
        **(
            {"epochs trained": len(model.history_), "loss at the end": f"{model.history_[-1]['loss']:.4f}"}
            if model.history_
            else {}
        ),
        "SHA-256 of the corpus": model.corpus_fingerprint_,
        **{f"version of {package}": number for package, number in model.environment_.items()},
    }
    # About the machine and the screen, not about the model.
    rows = [[as_text(name), as_text(_plain(value))] for name, value in facts.items() if name != "show_progress"]
    return _table(["setting", "value"], rows)


def _check_corpus(model: TopicModel, corpus: Corpus | None) -> None:
    if corpus is None:
        return
    for code in model.languages_:
        if code not in corpus or list(corpus[code].vocabulary) != model.vocabulary_[code]:
            raise InputError(
                f"the corpus is not the one that the model was trained on: it differs in {code!r}; give that, or none"
            )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, Sequence):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table of GitHub's Markdown, whose first few columns are numbers. Cells are Markdown already."""
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'--:|' * numbers}{'---|' * (len(headings) - numbers)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines)
