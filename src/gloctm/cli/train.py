"""``gloctm train``: a corpus in, a model out, with a flag for every setting of the estimator."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.cli.building import building_flags, taken_from
from gloctm.cli.joined import joined, restarted
from gloctm.cli.messages import say, show
from gloctm.cli.options import Quiet, with_parameters
from gloctm.cli.settings import Config, Preset, given_flags, setting_flags, settings_begun_with
from gloctm.errors import InputError
from gloctm.files.leftovers import followed, is_within
from gloctm.training.callbacks import Callback, TensorBoard, TrainingRun
from gloctm.training.settings import (
    CONTEXT_SETTINGS,
    PUBLISHED_SETTINGS,
    check_checkpoint,
    check_settings,
    settings_of_method,
)

if TYPE_CHECKING:
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM
    from gloctm.shards import ShardedCorpus


@with_parameters(
    [
        *setting_flags("num_topics", "method", "ranking", *CONTEXT_SETTINGS, *PUBLISHED_SETTINGS),
        *setting_flags("random_state", "threads", "show_progress"),
        *building_flags("If CORPUS is a file"),
    ]
)
def train(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CORPUS",
            help="A corpus folder; or a file of documents (JSON lines, CSV, TSV or Parquet), or - for standard "
            "input, from which a corpus is built in the folder OUTPUT-corpus.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder to write the model to; an existing model there is replaced.",
            show_default=False,
        ),
    ],
    preset: Preset = None,
    config: Config = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted training to the same output, if there is one.")
    ] = False,
    checkpoint_minutes: Annotated[
        float,
        typer.Option(help="Minutes between checkpoints, which are written to OUTPUT.checkpoint."),
    ] = 5.0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="<model>",
            help="Go on from this model: its topics keep their numbers. The corpus has the old and the new documents. "
            "--num-topics may add topics.",
            show_default=False,
        ),
    ] = None,
    old_weight: Annotated[
        float,
        typer.Option(help="With --from, how strongly topics are held where they were; 1 for new documents alone."),
    ] = 0.0,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder to write the loss to, for TensorBoard.", show_default=False)
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With --method published, print the four terms of the loss of each epoch.")
    ] = False,
    quiet: Quiet = False,
    **flags: Any,
) -> None:
    """Train a model on a corpus, or on a file of documents.

    A flag takes precedence over the config file, the config file over the preset, the preset over the defaults.
    --resume continues an interrupted training and gives the same result.

    Processes that torchrun starts train together by --method published, to the model of one process, within rounding.
    --batch-size is that of all: torchrun --nproc-per-node=2 -m gloctm train CORPUS -o MODEL --method published
    """
    reading = taken_from(flags)
    flags = given_flags(flags)
    if quiet:
        flags["show_progress"] = False
    from gloctm.cli.built import corpus_to_train_on
    from gloctm.estimator import GloCTM
    from gloctm.model.storage import check_model_target

    settings = {**settings_begun_with(preset, config), **flags}
    if start is None:
        if old_weight:
            raise InputError("--old-weight is given without --from: name the model to go on from, or leave it out")
        model = GloCTM(**settings)
    else:
        if tensorboard is not None:
            raise InputError(
                "--tensorboard is given, but a training from a model has no epochs to tell of: leave it out"
            )
        model = GloCTM.load(start).set_params(**{"show_progress": True, **settings})
    # What is wrong about settings is told before a corpus is built.
    checked = check_settings(model.get_params())
    # A model of the published method has its settings, and is refused by fit_more for the method itself.
    if start is None:
        settings_of_method(checked)
    check_model_target(output)
    if tensorboard is not None and is_within(tensorboard, output):
        raise InputError(f"--tensorboard is {tensorboard}, where the model goes: name another folder")
    check_checkpoint(None, checkpoint_minutes, resume=False)
    published = start is None and model.method == "published"
    with joined(model.device if published else "cpu") as ranks:
        resume = resume or (restarted() if ranks is None else ranks.any(restarted()))
        if ranks is not None and not published:
            # In closed form: there are no steps to share.
            if ranks.rank:
                return
            say(
                f"the method 'context' trains in one of the {ranks.world} processes (--method published in all of them)"
            )
            ranks = None
        elif ranks is not None:
            if not source.is_dir():
                raise InputError(
                    f"{source} is not a corpus folder, and processes that train together do not build one: use gloctm "
                    "corpus build first"
                )
            say(f"training in {ranks.world} processes; one of them does all that comes before and after")
        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        wanted: Any = model.num_topics if start is None and model.method == "context" else "auto"
        loaded, corpus = corpus_to_train_on(
            source,
            output,
            reading,
            num_topics=None if wanted == "auto" else wanted,
            show_progress=model.show_progress,
            resume=resume,
        )
        checkpoint = output.with_name(f"{output.name}.checkpoint")
        if resume and not checkpoint.exists():
            say(f"there is no {checkpoint} to go on from: training begins")
        callbacks: list[Callback] = [] if tensorboard is None else [TensorBoard(tensorboard)]
        if verbose and model.method == "published":
            callbacks.append(_LossTerms())
        keeping: dict[str, Any] = {
            **{"checkpoint": checkpoint, "checkpoint_minutes": checkpoint_minutes},
            "resume": resume,
        }
        if start is None:
            model.fit(loaded, **keeping, callbacks=callbacks, ranks=ranks)
            if ranks is not None and ranks.rank:
                return
        else:
            model.fit_more(loaded, **keeping, old_weight=old_weight)
            show(str(model.changes_))
            say(model.changes_.vocabulary_line())
        done = len(model.history_)
        if model.method == "published" and done < model.epochs:
            why = (
                f"no improvement for {model.patience} epochs" if model.patience is not None else "all steps were taken"
            )
            say(f"training ended after epoch {done} of {model.epochs}: {why}")
        model.save(output)
        followed(checkpoint).unlink(missing_ok=True)
        if not model.show_progress:
            say(f"model written to {output}")
            return
        _say_next(model, output, corpus, loaded, num_topics_given=start is not None or "num_topics" in settings)


def _say_next(
    model: GloCTM, output: Path, corpus: Path, loaded: Corpus | ShardedCorpus, *, num_topics_given: bool
) -> None:
    """Say what was written, what can be done with it, and what would have been a better number of topics."""
    from gloctm.cli.topic_tables import outcome
    from gloctm.context.num_topics import remark_on_few_documents

    say(f"{outcome(model)}; model written to {output}")
    shown, page = shlex.quote(str(output)), shlex.quote(f"{output}.html")
    say(f"next: gloctm topics {shown}, or a page: gloctm report {shown} --corpus {shlex.quote(str(corpus))} -o {page}")
    if not num_topics_given:
        sizes = {code: part.num_documents for code, part in loaded.as_passages().items()}
        if (remark := remark_on_few_documents(sizes, model.num_topics_)) is not None:
            again = f"gloctm train {shlex.quote(str(corpus))} -o {shown} --num-topics auto"
            say(f"gloctm: {remark[0]}, the default, which is too many: choose about {remark[1]}, by {again}")


class _LossTerms(Callback):
    """Prints the loss of each epoch and its four terms."""

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        terms = {"local": "local", "global": "shared", "KL": "regularization", "CKA": "cka"}
        told = " + ".join(f"{name} {epoch[term]:.1f}" for name, term in terms.items())
        say(f"epoch {epoch['epoch']:.0f} of {run.settings['epochs']}: loss {epoch['loss']:.1f} = {told}")
