"""How much a server takes on: what keeps its memory and its time bounded, whatever it is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from gloctm.checks import check_int
from gloctm.errors import InputError

#: The largest limit of documents of a request: more are for files, which are not read at once.
MOST_DOCUMENTS = 20_000


@dataclass(frozen=True)
class Limits:
    """The limits of a server. More is refused with a sentence; nothing is cut short silently.

    Attributes:
        body_bytes: of a request's JSON, counted as it comes in. 2 MB are a thousand long paragraphs.
        upload_bytes: of a file that is uploaded, with what the form adds to it. 20 MB.
        documents: of a request; at most 20,000.
        upload_documents: of a file.
        characters: of a document. 20,000, about ten pages: words are looked for no further.
        explained: documents of a request that asks for the words that led to topics, which are some hundred times as
            much work.
        new_words: different words of languages not trained on, in a request: each has to be embedded, about 800 a
            second. For a model of the context method also words of a language trained on outside its vocabulary, of
            which further ones are left out, with a warning.
        concurrent: requests that are worked on at once, a thread each. 2: the work is for processors, so that more
            wait for each other.
        queue: requests that wait for these. With ``concurrent`` the number whose bodies may be in memory.
        rate: requests a second of one client, in the long run; 0 for any number. 20.
        burst: requests of one client that may come at once, after a while without any.
        seconds: until an answer is given up. Work stops at the next document or batch of words.
        connections: open at once, half of them from one address at most; further ones are answered 503 and closed, and
            so are those that send nothing for ten seconds.

    Raises:
        InputError: a limit is no number, or too small.
    """

    body_bytes: int = 2_000_000
    upload_bytes: int = 20_000_000
    documents: int = 1_000
    upload_documents: int = 20_000
    characters: int = 20_000
    explained: int = 20
    new_words: int = 5_000
    concurrent: int = 2
    queue: int = 16
    rate: float = 20.0
    burst: int = 40
    seconds: float = 30.0
    connections: int = 500

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("rate", "seconds"):
                least = 0.0 if each.name == "rate" else 0.1
                if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < math.inf:
                    raise InputError(f"{each.name} is {value!r}: it must be a number from {least:g}")
            else:
                check_int(each.name, value, 0 if each.name == "queue" else 1)
        if self.documents > MOST_DOCUMENTS:
            raise InputError(f"documents is {self.documents!r}: it must be at most {MOST_DOCUMENTS}")


#: What a server takes on unless told otherwise.
DEFAULT_LIMITS = Limits()
