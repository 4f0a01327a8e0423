"""``gloctm label``: names of topics, by hand or by a language model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gloctm.cli.messages import show
from gloctm.cli.model import Model
from gloctm.cli.options import LanguagesOption, split_languages
from gloctm.errors import InputError

if TYPE_CHECKING:
    from gloctm.labels import TopicToLabel
    from gloctm.model.labels import Labels


def label(
    path: Model,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A label by hand: TOPIC:LANG=TEXT, for example 3:en=Travel, or TOPIC=TEXT for all languages of the "
            "model. Repeatable.",
            show_default=False,
        ),
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            help="Name of a language model that names all topics, for example llama3.1. It receives their words and, "
            "with --corpus, documents.",
            show_default=False,
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Address of an OpenAI-compatible endpoint; its key is read from OPENAI_API_KEY. "
            "(default: Ollama on this machine, http://localhost:11434/v1)",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="The training corpus: its most typical documents are sent, too.", show_default=False),
    ] = None,
    languages: LanguagesOption = None,
    show_prompts: Annotated[
        bool, typer.Option("--show-prompts", help="Print what would be sent, and send nothing.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to write the labeled model to. (default: the model itself)"),
    ] = None,
) -> None:
    """Label topics by hand or by a language model; the labels are kept with the model."""
    if llm is None:
        for flag, value in (
            *(("--endpoint", endpoint), ("--corpus", corpus), ("--languages", languages)),
            ("--show-prompts", show_prompts or None),
        ):
            if value is not None:
                raise InputError(f"{flag} is for --llm: give --llm, or leave {flag} out")
        if not given:
            raise InputError("nothing to label by: give --set TOPIC:LANG=TEXT, or --llm NAME")
    from gloctm.cli.messages import say
    from gloctm.cli.shown import read_corpus
    from gloctm.estimator import GloCTM
    from gloctm.labels import ChatLabeler, LabelingError, labels_from_function
    from gloctm.labels.chat import OLLAMA
    from gloctm.languages import normalize_languages
    from gloctm.model.storage import check_model_target

    target = path if output is None else output
    model = GloCTM.load(path)
    check_model_target(target)
    by_hand = _by_hand(given or [], model.languages_)
    model.set_labels(by_hand)
    if llm is not None:
        codes = split_languages(languages)
        if show_prompts:
            documents = None if corpus is None else read_corpus(corpus)
            asked_in = None if codes is None else normalize_languages(codes)
            labels_from_function(model, lambda shown: _print_prompt(shown, asked_in), corpus=documents)
            return
        labeler = ChatLabeler(llm, base_url=endpoint or OLLAMA, languages=codes)
        documents = None if corpus is None else read_corpus(corpus)
        try:
            model.set_labels(labels_from_function(model, labeler, corpus=documents))
        except LabelingError as error:
            if error.labels:
                # Answers may have been paid for.
                model.set_labels(error.labels).set_labels(by_hand).save(target)
                say(f"labels of the topics before topic {error.topic} were written to {target}")
            raise
        # What somebody wrote by hand outweighs.
        model.set_labels(by_hand)
    model.save(target)
    if unseen := [code for code in normalize_languages(by_hand) if code not in model.languages_]:
        say(
            f"gloctm: warning: labels in {', '.join(unseen)} are shown only where topics get words of that language "
            f"(gloctm topics --vocabulary): the model has {', '.join(model.languages_)}"
        )
    say(f"labels written to {target}; see them with: gloctm topics {target}")


def _by_hand(given: list[str], languages: Sequence[str]) -> Labels:
    """Return the labels given as ``--set``; those without a language are of all these languages."""
    labels: Labels = {}
    for each in given:
        where, separator, text = each.partition("=")
        topic, colon, language = map(str.strip, where.partition(":"))
        if not (separator and topic.isdecimal() and bool(colon) == bool(language) and text.strip()):
            raise InputError(
                f"--set {each!r}: give TOPIC:LANG=TEXT, for example 3:en=Travel, or TOPIC=TEXT for all languages"
            )
        for code in [language] if language else languages:
            labels.setdefault(code, {})[int(topic)] = text.strip()
    return labels


def _print_prompt(shown: TopicToLabel, languages: Sequence[str] | None) -> str:
    from gloctm.labels.chat import messages_about

    show(f"topic {shown.topic}")
    for message in messages_about(shown, languages):
        show(f"[{message['role']}]\n{message['content']}")
    show()
    return "not sent"
