"""The notebook of the docs runs, and its objects show themselves as HTML and pictures."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def outputs(build):
    """The last output of each cell of code, once the notebook was run."""
    return [cell.outputs[-1] for cell in build.run_notebook().cells if cell.cell_type == "code"]


def test_objects_show_themselves(build, outputs):
    corpus, model, topics, theta, evaluation, figure = outputs
    for shown in (corpus, model, topics, evaluation):
        assert "<table" in shown["data"]["text/html"]
    assert "text/plain" in theta["data"]
    assert "<svg" in figure["data"]["text/html"]
    assert any(kind.startswith("application/vnd.vegalite.") for kind in figure["data"])
    assert "<svg" in build.as_markdown(figure)


def test_nothing_is_loaded_from_elsewhere(build, outputs):
    for shown in outputs:
        assert "https://cdn" not in build.as_markdown(shown)
