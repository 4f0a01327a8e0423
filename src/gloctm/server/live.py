"""What the server shows at a time: the page and the answers of one view, until a request brings another view."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gloctm.errors import InputError
from gloctm.explorer.page import documents_apart, page_and_policy
from gloctm.model.view import TopicView
from gloctm.server.answers import Answers
from gloctm.server.work import Deadline
from gloctm.summary import Summarizer, Summary


class ReadOnlyError(Exception):
    """The server takes no views; the message is the sentence of the answer."""


class ChangedMeanwhileError(Exception):
    """A view changes another one than is shown; the message is the sentence of the answer.

    Attributes:
        view: what is shown, as in a view's file.
    """

    def __init__(self, view: Mapping[str, Any]) -> None:
        super().__init__(
            "topics were changed by someone else meanwhile: make your change to the view in this answer, and send it "
            "again with that one as changes"
        )
        self.view = view


class Shown:
    """One view of the model.

    Args:
        answers: to requests.
        summary: of the view.

    Attributes:
        view: the content of the view's file.
    """

    def __init__(self, answers: Answers, summary: Summary) -> None:
        self.answers = answers
        self.view = dict(summary.view)
        self._summary: Summary | None = summary
        self._page: tuple[bytes, dict[str, str]] | None = None
        self._lock = threading.Lock()

    def page(self) -> tuple[bytes, dict[str, str]]:
        """Return the explorer, with its headers; made when first asked for, in seconds with many documents."""
        with self._lock:
            if self._page is None:
                assert self._summary is not None
                html, policy = page_and_policy(self._summary, live=True)
                page = html.encode()
                headers = {
                    "content-security-policy": f"{policy}; frame-ancestors 'none'",
                    # The browser keeps the page but asks each time, since another model or view has another page.
                    "cache-control": "private, no-cache",
                    "etag": f'"{hashlib.sha256(page).hexdigest()[:32]}"',
                }
                self._page = page, headers
                # Documents need memory.
                self._summary = None
            return self._page


class Live:
    """The view that is shown now. Requests in progress keep the one that they began with.

    Args:
        answers: of the first view.
        summary: of the first view.
        maker: makes summaries of further views; None takes none.
        why_not: a sentence on why none are taken.
        title: of all pages; the summaries' unless given.
    """

    def __init__(
        self,
        answers: Answers,
        summary: Summary,
        maker: Summarizer | None,
        *,
        why_not: str = "",
        title: str | None = None,
    ) -> None:
        self._maker = maker
        self._why_not = why_not
        self._title = title
        self.now = Shown(answers, summary)
        # Whoever asks first does not wait, and a page that can't be made is known before.
        self.now.page()

    def check(self) -> None:
        """Raise ReadOnlyError unless views are taken."""
        if self._maker is None:
            raise ReadOnlyError(self._why_not)

    def show(self, content: Mapping[str, Any], deadline: Deadline, changes: Mapping[str, Any] | None = None) -> bytes:
        """Show another view from now on, and return its summary as JSON, as the page has it.

        Views are shown one after the other: whoever calls this sees to it.

        Args:
            content: of a view's file.
            changes: groups, names and hidden topics of the view that this one was made of; whatever is shown unless
                given.
            deadline: of the request; when it is over, the former view stays.

        Raises:
            FileFormatError: it is no view.
            InputError: it is a view of another model.
            ChangedMeanwhileError: it was made of another view than is shown now.
            OutOfTimeError: the time is over.
        """
        assert self._maker is not None
        model = self._maker.model
        if content.get("num_topics") != model.num_topics_:
            # Before anything is made as large as the number says.
            raise InputError(
                f"the view is one of {content.get('num_topics')} topics, and this model has {model.num_topics_}: save "
                "it in the page of this model"
            )
        view = TopicView.from_dict(dict(content), "the view")
        if changes is not None:
            changed = TopicView.from_dict({**content, **changes}, "the view in changes")
            if changed.to_dict() != self.now.view:
                raise ChangedMeanwhileError(self.now.view)
        deadline.check()
        summary = self._maker.summary(view)
        if self._title is not None:
            summary = replace(summary, title=self._title)
        deadline.check()
        shown = Shown(self.now.answers.showing(summary), summary)
        # The page has its documents already.
        content_of_page, _ = documents_apart(summary.to_dict())
        text = json.dumps(content_of_page, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Whoever asked in vain expects the former view.
        deadline.check()
        self.now = shown
        return text.encode("utf-8", "backslashreplace")
