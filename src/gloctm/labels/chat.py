"""Labels of topics by a language model behind an OpenAI-compatible endpoint, such as Ollama, vLLM or a hosted one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gloctm.checks import check_number, listed
from gloctm.errors import InputError, import_optional
from gloctm.labels.function import TopicToLabel
from gloctm.languages import normalize_languages
from gloctm.model.labels import MAX_LABEL
from gloctm.summary.names import name_of_language

#: Where Ollama listens.
OLLAMA = "http://localhost:11434/v1"
_TASK = (
    "You name the topics of a topic model. You are given the most typical words of one topic in each language, and "
    "sometimes documents about it. Name the one theme that they share in all languages, in two to four words that are "
    "specific enough to distinguish it from other topics. Answer with a JSON object that has one key per language "
    "code asked for and the name in that language as its value, and nothing else."
)


class ChatLabeler:
    """Names topics by a language model, as the function of ``labels_from_function``.

    The words and documents that the function receives are sent to the endpoint, in all languages. Nothing is sent
    unless you call it. ``messages`` shows what would be sent.

    Args:
        model: the name of the language model at the endpoint, such as ``"llama3.1"``.
        languages: the languages to name topics in; those of the topic's words unless given. Others may be among them.
        base_url: the address of the endpoint; that of Ollama on this machine unless given. vLLM has
            ``http://localhost:8000/v1``.
        api_key: the key of a hosted endpoint. None takes the environment variable ``OPENAI_API_KEY``, if it is set.
        timeout: seconds to wait for one answer. 120, since models on a CPU are slow.

    Raises:
        InputError: an empty name of a model, or a timeout that is no time.
        MissingDependencyError: the package openai, which speaks to the endpoint, is not installed.

    Examples:
        >>> from gloctm.labels import ChatLabeler, labels_from_function
        >>> labeler = ChatLabeler("llama3.1")
        >>> labels = labels_from_function(model, labeler, corpus=corpus)  # doctest: +SKIP
        >>> model.set_labels(labels)  # doctest: +SKIP

    References:
        The chat completions of the OpenAI API, which Ollama, vLLM, llama.cpp and others speak too.
    """

    def __init__(
        self,
        model: str,
        *,
        languages: Iterable[str] | None = None,
        base_url: str = OLLAMA,
        api_key: str | None = None,
        timeout: float = 120.0,
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise InputError(f"model is {model!r}: give the name of a language model at the endpoint")
        if not re.match(r"https?://[^/\s]+", str(base_url)):
            raise InputError(f"base_url is {base_url!r}: give an address such as {OLLAMA}")
        self.model = model
        self.languages = None if languages is None else normalize_languages(languages)
        self.base_url = base_url
        openai = import_optional("openai", "Asking a language model", "openai")
        self._client: Any = openai.OpenAI(
            base_url=base_url,
            # Endpoints on one's own machine need none, but the client wants one.
            api_key=api_key or os.environ.get("OPENAI_API_KEY") or "none",
            timeout=float(check_number("timeout", timeout, 0, 86_400, above=True)),
        )

    def messages(self, shown: TopicToLabel) -> list[dict[str, str]]:
        """Return the messages that the language model would be sent about a topic.

        Args:
            shown: the topic.

        Examples:
            >>> from gloctm.labels import ChatLabeler, TopicToLabel
            >>> shown = TopicToLabel(0, {"en": (("train", 2.0), ("bus", 1.5)), "de": (("zug", 1.0),)}, {})
            >>> print(ChatLabeler("llama3.1").messages(shown)[1]["content"])
            Words in English (en): train, bus
            Words in German (de): zug
            Name the topic in: English (en), German (de)
        """
        return messages_about(shown, self.languages)

    def __call__(self, shown: TopicToLabel) -> dict[str, str]:
        """Ask the language model to name a topic.

        Args:
            shown: the topic.

        Returns:
            For each language the name.

        Raises:
            InputError: the answer has no name in one of the languages.
            openai.OpenAIError: the endpoint can't be reached, or refuses.
        """
        answer = self._client.chat.completions.create(
            model=self.model,
            messages=self.messages(shown),
            response_format={"type": "json_object"},
            # The likeliest answer, and the same again where the endpoint can repeat itself.
            temperature=0,
            seed=0,
        )
        content = answer.choices[0].message.content or ""
        names = _object_in(content)
        wanted = _wanted(shown, self.languages)
        found = {code: " ".join(str(names[code]).split())[:MAX_LABEL] for code in wanted if names.get(code)}
        if missing := [code for code in wanted if code not in found]:
            raise InputError(f"{self.model} gave no name in {listed(missing)}; its answer was {content[:80]!r}")
        return found


def messages_about(shown: TopicToLabel, languages: Sequence[str] | None = None) -> list[dict[str, str]]:
    """Return the messages that a language model is sent about a topic, which needs no package to send them.

    Args:
        shown: the topic.
        languages: the languages to name it in; those of its words unless given.
    """
    lines = [f"Words in {_told(code)}: {', '.join(word for word, _ in words)}" for code, words in shown.words.items()]
    for code, documents in shown.documents.items():
        lines += [f"A document in {_told(code)}: {' '.join(text.split())}" for text in documents]
    lines.append(f"Name the topic in: {', '.join(map(_told, _wanted(shown, languages)))}")
    return [{"role": "system", "content": _TASK}, {"role": "user", "content": "\n".join(lines)}]


def _wanted(shown: TopicToLabel, languages: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(shown.words if languages is None else languages)


def _told(code: str) -> str:
    return f"{name_of_language(code)} ({code})"


def _object_in(content: str) -> Mapping[str, Any]:
    """Return the JSON object of an answer, which some models put between words or fences; empty if there is none."""
    begin, end = content.find("{"), content.rfind("}")
    try:
        found = json.loads(content[begin : end + 1])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
