"""``gloctm evaluate``: a trained model in figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from gloctm.checks import check_choice
from gloctm.cli.model import Model, WordEncoder, check_not_read
from gloctm.cli.options import Quiet, References, check_via, read_references
from gloctm.errors import InputError
from gloctm.languages import normalize_language

if TYPE_CHECKING:
    from gloctm.metrics import TranslationDictionary


def evaluate(
    path: Model,
    references: References = None,
    dictionaries: Annotated[
        list[str] | None,
        typer.Option(
            "--dictionary",
            "-d",
            help="Translations, LANG,LANG=FILE: each line has a word of the first language and its translation. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="A corpus, usually the one that the model was trained on.", show_default=False),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(
            help="A corpus of other documents, to test classifiers on. (default: a fifth of --corpus)",
            show_default=False,
        ),
    ] = None,
    aligned: Annotated[
        bool,
        typer.Option(
            "--aligned",
            help="Document i of --test (else of --corpus) is the same in every language: measure how well translations "
            "are found.",
        ),
    ] = False,
    num_words: Annotated[int, typer.Option("--words", "-n", help="Top words per topic.")] = 15,
    via: Annotated[
        str | None,
        typer.Option(
            help="Encoder that infers: local, global or both, for languages that the model was trained on; others "
            "use the global one. (default: local)",
            show_default=False,
        ),
    ] = None,
    classifier: Annotated[str, typer.Option(help="svm, as published, or logistic, which is faster.")] = "svm",
    max_train: Annotated[
        str, typer.Option(help="Maximum documents per language to train classifiers on, or all.")
    ] = "8000",
    seed: Annotated[int, typer.Option(help="Seed for sampling these documents and the held-out ones.")] = 0,
    encoder: WordEncoder = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write the measures to, as JSON; - for standard output."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Measure a model: diversity and coherence of its topics, and how well topic proportions predict labels."""
    from gloctm.cli.messages import say
    from gloctm.cli.shown import read_corpus
    from gloctm.cli.tables import print_evaluation
    from gloctm.estimator import GloCTM
    from gloctm.evaluation import MAX_TRAIN
    from gloctm.evaluation import evaluate as evaluated
    from gloctm.files.atomic import atomic_file, check_file_target
    from gloctm.metrics.classification import CLASSIFIERS
    from gloctm.metrics.reference import reference_files

    check_choice("--classifier", classifier, CLASSIFIERS)
    chosen = None if via is None else check_via(via)
    most = _read_max_train(max_train)
    if corpus is None and (classifier != "svm" or most != MAX_TRAIN):
        raise InputError("--classifier and --max-train are for documents with labels: give --corpus")
    if corpus is None and via is not None:
        raise InputError("--via is given without documents to infer: give --corpus")
    if test is not None and corpus is None:
        raise InputError("--test is given without --corpus, which classifiers are trained on: give both")
    if aligned and corpus is None:
        raise InputError("--aligned is given without documents: give --corpus, or --corpus and --test")
    if output is not None and str(output) != "-":
        check_file_target(output)
    sources = read_references(references)
    check_not_read((path, corpus, test), output)
    check_not_read((each.partition("=")[2] or None for each in dictionaries or ()), output)
    for each in sources:
        # A folder may hold other files, too.
        check_not_read((file for _, file in reference_files(each)), output)
    model = GloCTM.load(path, encoder=encoder)
    model.show_progress = model.show_progress and not quiet
    result = evaluated(
        model,
        references=sources,
        dictionaries=_read_dictionaries(dictionaries),
        corpus=None if corpus is None else read_corpus(corpus),
        test=None if test is None else read_corpus(test),
        aligned=aligned,
        num_words=num_words,
        via=chosen,
        classifier=cast('Literal["svm", "logistic"]', classifier),
        max_train=most,
        seed=seed,
    )
    written = json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if str(output) == "-":
        sys.stdout.write(written)
        return
    print_evaluation(result)
    if output is not None:
        with atomic_file(output) as stream:
            stream.write(written)
        say(f"written to {output}")


def _read_max_train(given: str) -> int | None:
    if given == "all":
        return None
    try:
        return int(given)
    except ValueError:
        raise InputError(f"--max-train is {given!r}: it must be a whole number of at least 2, or all") from None


def _read_dictionaries(given: list[str] | None) -> dict[tuple[str, str], TranslationDictionary]:
    from gloctm.metrics import read_dictionary

    found = {}
    for each in given or []:
        languages, separator, file = each.partition("=")
        pair = [code.strip() for code in languages.split(",")]
        if not separator or not file or len(pair) != 2 or not all(pair):
            raise InputError(f"--dictionary {each!r}: give LANG,LANG=FILE, for example en,fr=words.txt")
        first, second = normalize_language(pair[0]), normalize_language(pair[1])
        if (first, second) in found or (second, first) in found:
            raise InputError(f"--dictionary: {first} and {second} have two dictionaries: join them to one file")
        found[first, second] = read_dictionary(file)
    return found
