"""The limits of a server, which bound its memory and its time for any request."""

from __future__ import annotations

from dataclasses import dataclass, fields

from gloctm.checks import MOST, check_int, check_memory, check_number

#: The largest limit of documents per request; files, which may have more, are not read at once.
MOST_DOCUMENTS = 20_000
_MOST = {"documents": MOST_DOCUMENTS, "concurrent": 1_024, "queue": 100_000, "connections": 65_535}


@dataclass(frozen=True)
class Limits:
    """The limits of a server. A request beyond one is refused with a sentence; nothing is cut short silently.

    Attributes:
        body_bytes: size of a request's JSON, counted while it arrives. 2 MB are a thousand long paragraphs.
        upload_bytes: size of an uploaded file with its form. 20 MB.
        documents: documents per request, at most 20,000.
        upload_documents: documents per file.
        characters: characters per document. 20,000 are about ten pages; words are located no further.
        explained: documents per request that asks for the words that led to topics, about a hundred times the work.
        new_words: distinct words of untrained languages per request: each is embedded, about 800 per second. For a
            model of the context method, also words outside the vocabulary of a trained language; further ones of these
            are left out, with a warning.
        concurrent: requests that are worked on at once, in a thread each. The work is for processors, so more threads
            wait for each other.
        queue: requests that wait for these. One client has half of all places at most, and half of the memory for
            bodies and unsent answers, which is ``upload_bytes`` for each place.
        rate: requests per second and client in the long run; 0 for any number.
        burst: requests of one client at once, after a while without any.
        seconds: time until an answer is given up. The work stops at the next document or batch of words.
        connections: connections at once, half of them per address. Further ones are answered 503 and closed, as are
            those that send nothing for ten seconds.

    Raises:
        InputError: a limit is no number or out of range, or bodies within the limits need more memory than there is.

    Examples:
        >>> from gloctm.server import Limits
        >>> Limits(concurrent=4, rate=0).documents
        1000
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
        for name, value in ((each.name, getattr(self, each.name)) for each in fields(self)):
            if name in ("rate", "seconds"):
                check_number(name, value, 0.0 if name == "rate" else 0.1, 86_400.0)
            else:
                check_int(name, value, 0 if name == "queue" else 1, most=_MOST.get(name, MOST))
        name = "upload_bytes" if self.upload_bytes >= self.body_bytes else "body_bytes"
        check_memory(f"{name} is {getattr(self, name):,}", self.memory, "lower it, or queue")

    @property
    def memory(self) -> int:
        """Bytes for bodies and unsent answers: the largest body for each place."""
        return (self.concurrent + self.queue) * max(self.upload_bytes, self.body_bytes)


#: The limits of a server unless others are given.
DEFAULT_LIMITS = Limits()
