"""Models on the Hugging Face Hub, through the package ``huggingface_hub`` (``pip install "gloctm[hub]"``).

Only the files that a model consists of are fetched, by the names that this package gives them. Whatever else a
repository holds is ignored.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gloctm.errors import FileFormatError, GloCTMError, InputError, MissingDependencyError
from gloctm.model.model import TopicModel
from gloctm.model.storage import CARD, MODEL_FILES, MODEL_FORMAT, is_made_card, save_model

# Packages whose errors mean that nothing came over the network; huggingface_hub uses different ones by version.
_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")

# How huggingface_hub's message begins where the Hub does not understand the front matter of a README.md.
_CARD_REFUSED = "Invalid metadata in README.md."


def push_to_hub(
    model: TopicModel,
    repo_id: str,
    *,
    private: bool = False,
    token: str | None = None,
    commit_message: str = "Upload a GloCTM model",
    revision: str | None = None,
    card: str | None = None,
) -> str:
    """Put a model into a repository of the Hub, in one commit: readers find the old model or the new one.

    Args:
        model: trained.
        repo_id: the repository, ``"organization/name"``; created if it does not exist.
        private: whether a new repository is private; an existing one remains as it is.
        token: an access token that may write; None uses the one of ``hf auth login``.
        commit_message: of the commit.
        revision: the branch, created if it does not exist; None for the main one.
        card: text of the repository's ``README.md``. None makes one (``model_card``), but keeps an existing
            ``README.md`` that this package did not make together with the model there.

    Returns:
        The address of the commit.

    Raises:
        InputError: the Hub can't be reached, or does not let this be written.
        MissingDependencyError: huggingface_hub is not installed.

    Examples:
        >>> from gloctm.export import push_to_hub
        >>> push_to_hub(model, "organization/name", private=True)  # doctest: +SKIP
        'https://huggingface.co/organization/name/commit/…'
    """
    from gloctm.export.card import model_card

    model.check_trained()
    if not isinstance(commit_message, str) or not commit_message.strip():
        raise InputError(f"commit_message is {commit_message!r}: give some text")
    hub = _huggingface_hub()
    with _errors_as_sentences(repo_id, revision), tempfile.TemporaryDirectory() as temporary:
        client = hub.HfApi(endpoint=_endpoint(), token=token, library_name="gloctm")
        # Includes the user's name, where only the repository's own was given.
        repo_id = client.create_repo(repo_id, private=private, exist_ok=True).repo_id
        if revision is not None:
            client.create_branch(repo_id, branch=revision, exist_ok=True)
        there = set(client.list_repo_files(repo_id, revision=revision))
        keeps_card = card is None and _has_own_card(client, repo_id, revision, there, Path(temporary) / "cache")
        text = model_card(model, repo_id=repo_id) if card is None and not keeps_card else card
        folder = save_model(model.artifact(), Path(temporary) / "model", card=text, own_card=card is not None)
        names = sorted(file.name for file in folder.iterdir())
        # Labels that the model no longer has.
        stale = sorted(there.intersection(MODEL_FILES).difference(names))
        operations = [
            *(hub.CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in names),
            *(hub.CommitOperationDelete(path_in_repo=name) for name in stale),
        ]
        made = client.create_commit(repo_id, operations, commit_message=commit_message, revision=revision)
        return str(made.commit_url)


@contextlib.contextmanager
def downloaded_model(
    repo_id: str,
    *,
    revision: str | None = None,
    token: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Iterator[Path]:
    """Give the block a folder with the model files of a repository; files that are not yet kept are fetched.

    Args:
        repo_id: the repository, ``"organization/name"``.
        revision: branch, tag or commit; None for the newest of the main branch.
        token: an access token, for private ones.
        cache_dir: where files are kept for the next time; None for huggingface_hub's default.

    Raises:
        InputError: no such repository or revision, no right to read it, or no network.
        MissingDependencyError: huggingface_hub is not installed.
        FileFormatError: raised in the block; its message then names the repository instead of the folder.

    Examples:
        >>> from gloctm.export import downloaded_model
        >>> with downloaded_model("organization/name") as folder:  # doctest: +SKIP
        ...     model = TopicModel.load(folder)
    """
    hub = _huggingface_hub()
    with _errors_as_sentences(repo_id, revision):
        snapshot = hub.snapshot_download(
            repo_id,
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            endpoint=_endpoint(),
            library_name="gloctm",
            allow_patterns=list(MODEL_FILES),
        )
    # The cache's files are links to files outside their folder, which a model may not have.
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        folder.mkdir()
        for name in MODEL_FILES:
            if (Path(snapshot) / name).is_file():
                shutil.copyfile(Path(snapshot) / name, folder / name)
        try:
            yield folder
        except FileFormatError as error:
            named = str(error).replace(str(folder), f"the repository {repo_id!r}")
            raise FileFormatError(named) from None


def _huggingface_hub() -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise MissingDependencyError.of("The Hugging Face Hub", "huggingface_hub") from None
    return huggingface_hub


def _endpoint() -> str | None:
    """Return another Hub's address, by huggingface_hub's own environment variable, also where that is set late."""
    return os.environ.get("HF_ENDPOINT") or None


def _has_own_card(client: Any, repo_id: str, revision: str | None, there: set[str], cache: Path) -> bool:
    """Whether a repository's README.md is somebody's own text, rather than made together with its model."""
    if CARD not in there:
        return False
    if MODEL_FORMAT.manifest not in there:
        return True
    manifest, card = (
        # Resolved: a file of the cache is a link.
        Path(client.hf_hub_download(repo_id, name, revision=revision, cache_dir=cache)).resolve()
        for name in (MODEL_FORMAT.manifest, CARD)
    )
    return not is_made_card(manifest, card)


@contextlib.contextmanager
def _errors_as_sentences(repo_id: Any, revision: str | None) -> Iterator[None]:
    """Turn errors of the Hub and of the network into sentences."""
    try:
        yield
    except GloCTMError:
        raise
    except Exception as error:
        sentence = _sentence(error, repo_id, revision)
        if sentence is None:
            raise
        raise InputError(sentence) from error


def _sentence(error: Exception, repo_id: Any, revision: str | None) -> str | None:
    """Say what is wrong and what to do; None for an error that is not about the Hub."""
    from huggingface_hub import errors

    for kind, sentence in (
        (errors.HFValidationError, f"{repo_id!r} is neither a folder nor a repository, like 'organization/name'"),
        (errors.GatedRepoError, f"the owner of {repo_id!r} chooses who may read it: ask there, then give token="),
        (
            errors.RepositoryNotFoundError,
            f"the Hub shows you no repository {repo_id!r}: check its name, or give token=",
        ),
        (errors.RevisionNotFoundError, f"{repo_id!r} has no revision {revision!r}: name a branch, a tag or a commit"),
        (errors.LocalTokenNotFoundError, "no access token for the Hub is kept: run hf auth login, or give token="),
    ):
        if isinstance(error, kind):
            return sentence
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.HfHubHTTPError) and status is not None:
        if status == 401:
            return f"the Hub wants to know who you are, for {repo_id!r}: give token=, or run hf auth login"
        if status == 403:
            return f"the Hub does not let you do this with {repo_id!r}: use a token that may, or a name of your own"
        return f"the Hub answered with error {status} about {repo_id!r}: try again later"
    if isinstance(error, ValueError) and str(error).startswith(_CARD_REFUSED):
        reason = " ".join(str(error).removeprefix(_CARD_REFUSED).split()).removeprefix("- ")
        return f"the Hub does not take the card: {reason}"
    module = type(error).__module__.partition(".")[0]
    no_network = (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, ConnectionError, TimeoutError)
    if isinstance(error, no_network) or module in _TRANSPORTS:
        # What has been fetched before is read without the network.
        return f"the Hub can't be reached to read or write {repo_id!r}: check the network"
    return None
