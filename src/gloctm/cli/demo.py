"""``gloctm demo``: from raw texts to aligned topics on the built-in corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gloctm.cli.messages import show
from gloctm.cli.options import LanguagesOption, Quiet, split_languages
from gloctm.errors import InputError


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the model to.")] = Path(
        "gloctm-demo-model"
    ),
    languages: LanguagesOption = None,
    random_state: Annotated[int, typer.Option(help="The random seed.")] = 0,
    threads: Annotated[int | None, typer.Option(help="Maximum number of threads.")] = None,
    quiet: Quiet = False,
) -> None:
    """Train on the built-in corpus (five languages, 12 everyday themes), show the topics, and write a page of them."""
    from gloctm.cli.messages import say
    from gloctm.cli.topic_tables import print_topics
    from gloctm.corpus import Corpus
    from gloctm.demo import THEMES
    from gloctm.errors import MissingDependencyError
    from gloctm.estimator import GloCTM
    from gloctm.explorer import check_report_target
    from gloctm.model.storage import check_model_target

    page = output.with_name(f"{output.name}.html")
    check_model_target(output)
    check_report_target(page)
    _check_page(page)
    corpus = Corpus.demo(split_languages(languages), show_progress=not quiet)
    documents = sum(part.num_documents for part in corpus.values())
    say(f"{documents:,} documents in {', '.join(corpus.languages)}")
    model = GloCTM(num_topics=len(THEMES), random_state=random_state, threads=threads, show_progress=not quiet).fit(
        corpus
    )
    model.save(output)
    print_topics(model, model.topics(8), num_words=8)
    show(f"model saved to {output}; look again with: gloctm topics {output}")
    try:
        model.report(page, corpus=corpus, title="The demo of GloCTM")
    except MissingDependencyError as error:
        say(str(error))
    else:
        show(f"report written to {page}: open it in a browser")


def _check_page(page: Path) -> None:
    """Raise InputError if the page would replace a file that is no report: nobody asked for that."""
    # In the head of every page that this package writes.
    if page.exists() and b'<meta name="generator" content="gloctm">' not in page.read_bytes()[:4096]:
        raise InputError(
            f"can't write the report to {page}: a file of that name is no report; name another folder by -o"
        )
