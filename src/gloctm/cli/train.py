"""``gloctm train``: a corpus in, a model out, every setting of the estimator a flag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.cli.options import Quiet
from gloctm.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from gloctm.training.callbacks import Callback

_METHOD, _CONTEXT, _PUBLISHED = "Method", "Method: context", "Method: published"
# Arguments of the command that are not the estimator's.
_NO_SETTINGS = ("corpus", "output", "preset", "config", "resume", "checkpoint_minutes", "tensorboard", "quiet")


def train(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder to write the model to; an older model there is replaced.", show_default=False
        ),
    ],
    preset: Annotated[
        str | None,
        typer.Option(help="Named settings to start from: published, ecnews, amazon_review or rakuten_amazon."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML or TOML file of settings, named as the flags but with underscores.")
    ] = None,
    num_topics: Annotated[
        int | None, typer.Option(help="K, the number of topics. (default: 50)", rich_help_panel=_METHOD)
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="context, in closed form, in seconds to minutes; or published, the network of the paper. "
            "(default: context)",
            rich_help_panel=_METHOD,
        ),
    ] = None,
    ranking: Annotated[
        str | None,
        typer.Option(
            help="By what topics' words are ordered: coherence or weights. (default: coherence; published: weights)",
            rich_help_panel=_METHOD,
        ),
    ] = None,
    num_near_documents: Annotated[
        int | None,
        typer.Option(
            help="Near documents of each other language that a document is brought together with. "
            "(default: chosen by the corpus, 3 to 10)",
            rich_help_panel=_CONTEXT,
        ),
    ] = None,
    num_refinements: Annotated[
        int | None,
        typer.Option(
            help="How often topics are moved towards their coherent words. (default: 5)", rich_help_panel=_CONTEXT
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Of topic proportions. (default: fitted to the corpus)", rich_help_panel=_CONTEXT),
    ] = None,
    num_neighbors: Annotated[
        int | None,
        typer.Option(
            help="k, nearest words of each language joined to a word. (default: 3)", rich_help_panel=_PUBLISHED
        ),
    ] = None,
    neighbor_search: Annotated[
        str | None,
        typer.Option(
            help="How they are found: exact, or approximate for huge vocabularies. (default: exact)",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    kl_weight: Annotated[
        float | None,
        typer.Option(help="λ_KL, pull of the local to the global posterior. (default: 4)", rich_help_panel=_PUBLISHED),
    ] = None,
    cka_weight: Annotated[
        float | None,
        typer.Option(
            help="λ_CKA, likeness of topic proportions and document embeddings. (default: 450)",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    local_hidden_size: Annotated[
        int | None, typer.Option(help="Width of the local encoders. (default: 100)", rich_help_panel=_PUBLISHED)
    ] = None,
    global_hidden_size: Annotated[
        int | None, typer.Option(help="Width of the global encoder. (default: 200)", rich_help_panel=_PUBLISHED)
    ] = None,
    dropout: Annotated[
        float | None, typer.Option(help="Dropout rate in the encoders. (default: 0)", rich_help_panel=_PUBLISHED)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the largest language. (default: 150)", rich_help_panel=_PUBLISHED)
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(help="Documents of each language a step. (default: 128)", rich_help_panel=_PUBLISHED),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of Adam, at first. (default: 0.002)", rich_help_panel=_PUBLISHED)
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(help="End after so many steps. (default: after all epochs)", rich_help_panel=_PUBLISHED),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(help="How the learning rate falls: decay or cosine. (default: decay)", rich_help_panel=_PUBLISHED),
    ] = None,
    decay_every: Annotated[
        int | None,
        typer.Option(help="Epochs between decays of the learning rate. (default: 125)", rich_help_panel=_PUBLISHED),
    ] = None,
    decay_factor: Annotated[
        float | None,
        typer.Option(help="What a decay multiplies it by. (default: 0.5)", rich_help_panel=_PUBLISHED),
    ] = None,
    decay_every_steps: Annotated[
        int | None,
        typer.Option(help="Steps between decays. (default: by epochs)", rich_help_panel=_PUBLISHED),
    ] = None,
    warmup_steps: Annotated[
        int | None,
        typer.Option(help="Steps in which the learning rate rises. (default: 0)", rich_help_panel=_PUBLISHED),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after so many epochs without improvement. (default: never)", rich_help_panel=_PUBLISHED
        ),
    ] = None,
    min_improvement: Annotated[
        float | None,
        typer.Option(help="The share of the loss that is an improvement. (default: 0.001)", rich_help_panel=_PUBLISHED),
    ] = None,
    random_state: Annotated[
        int | None,
        typer.Option(help="The seed of every random number. (default: 0)", rich_help_panel=_METHOD),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu or cuda. (default: auto)", rich_help_panel=_PUBLISHED)
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Threads that training may use. (default: all)", rich_help_panel=_METHOD),
    ] = None,
    show_progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Show progress. (default: progress)"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a training to the same output was stopped, if one was.")
    ] = False,
    checkpoint_minutes: Annotated[
        float, typer.Option(help="How often the state of the training is kept beside the output, in OUTPUT.checkpoint.")
    ] = 5.0,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder to write the loss to, for TensorBoard.", show_default=False)
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a model on a corpus.

    A flag outweighs the config file, which outweighs the preset, which outweighs the defaults. A training that was
    interrupted, or killed, goes on with --resume, to the same result.
    """
    flags = {name: value for name, value in locals().items() if name not in _NO_SETTINGS and value is not None}
    if quiet:
        flags["show_progress"] = False
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM
    from gloctm.model.storage import check_model_target
    from gloctm.training.presets import get_preset
    from gloctm.training.settings import check_checkpoint, check_settings

    settings = {
        **(get_preset(preset) if preset is not None else {}),
        **(read_config(config) if config is not None else {}),
        **flags,
    }
    model = GloCTM(**settings)
    check_settings(model.get_params())
    check_model_target(output)
    check_checkpoint(None, checkpoint_minutes, resume=False)
    loaded = Corpus.load(corpus)
    output.absolute().parent.mkdir(parents=True, exist_ok=True)
    checkpoint = output.with_name(f"{output.name}.checkpoint")
    if resume and not checkpoint.exists():
        say(f"there is no {checkpoint} to go on from: training begins")
    model.fit(
        loaded,
        checkpoint=checkpoint,
        checkpoint_minutes=checkpoint_minutes,
        resume=resume,
        callbacks=_callbacks(tensorboard),
    )
    done = len(model.history_)
    if model.method == "published" and done < model.epochs:
        why = f"no improvement for {model.patience} epochs" if model.patience is not None else "all steps were taken"
        say(f"training ended after epoch {done} of {model.epochs}: {why}")
    model.save(output)
    checkpoint.unlink(missing_ok=True)
    say(f"model written to {output}; see its topics with: gloctm topics {output}")


def _callbacks(tensorboard: Path | None) -> list[Callback]:
    if tensorboard is None:
        return []
    from gloctm.training.callbacks import TensorBoard

    return [TensorBoard(tensorboard)]


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a YAML or TOML file.

    Raises:
        FileFormatError: missing, of another kind, or not a table of settings.
        InputError: a name that is no setting.
    """
    import tomllib

    import yaml

    from gloctm.estimator import GloCTM

    kind = path.suffix.lower()
    if kind not in (".toml", ".yaml", ".yml"):
        raise FileFormatError(f"{path} is neither .yaml nor .toml: name the file by its kind")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist: check the path") from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{path} is not UTF-8 text: settings are YAML or TOML") from None
    try:
        content = tomllib.loads(text) if kind == ".toml" else yaml.safe_load(text)
    # ValueError: of TOML, and of values such as impossible dates in YAML.
    except (ValueError, yaml.YAMLError) as error:
        raise FileFormatError(f"{path} can't be read: {' '.join(str(error).split())}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise FileFormatError(f"{path} is not a table of settings: write lines such as num_topics: 50")
    known = GloCTM().get_params()
    for name in content:
        if name not in known:
            raise InputError(f"{path}: there is no setting {name!r}; there are {', '.join(known)}")
    return content
