"""Learning rates, the end of training, callbacks."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloctm import GloCTM
from gloctm.errors import InputError, MissingDependencyError
from gloctm.training.callbacks import Callback, MLflow, TensorBoard, WeightsAndBiases
from gloctm.training.schedule import has_converged, learning_rate_at, total_steps
from gloctm.training.settings import TrainingSettings, check_settings
from planted import planted_corpus


def settings(**changed) -> TrainingSettings:
    every = check_settings(GloCTM(method="published", **changed).get_params())
    return TrainingSettings(**{name: every[name] for name in TrainingSettings.__dataclass_fields__})


def test_the_published_schedule():
    published = settings()
    assert total_steps(published, 313) == 150 * 313
    rates = [learning_rate_at(step, published, 313) for step in (0, 125 * 313 - 1, 125 * 313, 150 * 313 - 1)]
    assert rates == [2e-3, 2e-3, 1e-3, 1e-3]


def test_decay_by_steps_outweighs_that_by_epochs():
    by_steps = settings(epochs=4, decay_every=1, decay_every_steps=15, decay_factor=0.1, learning_rate=1.0)
    assert [learning_rate_at(step, by_steps, 10) for step in (0, 14, 15, 29)] == pytest.approx([1, 1, 0.1, 0.1])


@given(
    epochs=st.integers(1, 20),
    steps=st.integers(1, 30),
    max_steps=st.none() | st.integers(1, 100),
    schedule=st.sampled_from(["decay", "cosine"]),
    warmup_steps=st.integers(0, 50),
)
def test_rates_stay_between_zero_and_the_highest(epochs, steps, max_steps, schedule, warmup_steps):
    given_settings = settings(
        epochs=epochs, max_steps=max_steps, schedule=schedule, warmup_steps=warmup_steps, learning_rate=0.1
    )
    number = total_steps(given_settings, steps)
    assert number == min(epochs * steps, max_steps or 10**9)
    rates = [learning_rate_at(step, given_settings, steps) for step in range(number)]
    assert all(0 < rate <= 0.1 for rate in rates)
    after = rates[warmup_steps:]
    assert all(one >= other for one, other in itertools.pairwise(after))
    rising = rates[: warmup_steps + 1] if schedule == "decay" and epochs < 125 else []
    assert all(one <= other for one, other in itertools.pairwise(rising))
    if schedule == "cosine" and number > 1 and not warmup_steps:
        assert rates[-1] < rates[0] == 0.1


def test_convergence():
    def history(*losses):
        return [{"loss": loss} for loss in losses]

    patient = settings(patience=2, min_improvement=0.01)
    assert not has_converged(history(10, 10), patient)
    assert has_converged(history(10, 10, 9.95), patient)
    assert not has_converged(history(10, 9.95, 9.8), patient)
    # An improvement long ago doesn't count.
    assert has_converged(history(10, 5, 6, 5.1), patient)
    assert not has_converged(history(*[10] * 50), settings())


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"schedule": "linear"}, "schedule is 'linear': it must be decay or cosine"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"patience": 0}, "patience is 0"),
        ({"patience": 1.5}, "patience is 1.5"),
        ({"decay_every_steps": -1}, "decay_every_steps is -1"),
        ({"warmup_steps": -1}, "warmup_steps is -1"),
        ({"min_improvement": 1}, "min_improvement is 1"),
    ],
)
def test_wrong_settings(setting, message):
    with pytest.raises(InputError, match=message):
        check_settings(GloCTM(method="published", **setting).get_params())


def small_model(**changed) -> GloCTM:
    return GloCTM(method="published", num_topics=4, batch_size=64, threads=1, show_progress=False, **changed)


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de"), documents=130)


def test_max_steps_ends_in_the_midst_of_an_epoch(corpus):
    history = small_model(epochs=5, max_steps=5).fit(corpus).history_
    assert [epoch["epoch"] for epoch in history] == [1, 2]


def test_patience_ends_training(corpus):
    history = small_model(epochs=50, patience=3, min_improvement=0.9).fit(corpus).history_
    assert len(history) == 4


def test_the_history_has_the_learning_rate(corpus):
    history = small_model(epochs=3, decay_every=1, decay_factor=0.5).fit(corpus).history_
    assert [epoch["learning_rate"] for epoch in history] == [2e-3, 1e-3, 5e-4]


class Watcher(Callback):
    def __init__(self, stop_after: int) -> None:
        self.seen: list[str] = []
        self.stop_after = stop_after
        self.topic_word = []

    def on_train_begin(self, run):
        self.seen.append(f"begin {run.step} of {run.total_steps}, K {run.settings['num_topics']}")

    def on_epoch_end(self, run, epoch):
        self.seen.append(f"epoch {epoch['epoch']} at {run.step}")
        self.topic_word.append(run.weights()["topic_word.lang_de"])
        if epoch["epoch"] == self.stop_after:
            run.stop()

    def on_train_end(self, run):
        self.seen.append(f"end at {run.step}")


def test_callbacks_see_every_epoch_and_may_stop(corpus):
    watcher = Watcher(stop_after=2)
    model = small_model(epochs=9).fit(corpus, callbacks=[watcher])
    # 130 documents in batches of 64: the two left over are a batch.
    assert watcher.seen == ["begin 0 of 27, K 4", "epoch 1 at 3", "epoch 2 at 6", "end at 6"]
    assert len(model.history_) == 2
    first, second = watcher.topic_word
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, model.topic_word_["de"])


def test_tensorboard(corpus, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = small_model(epochs=3).fit(corpus, callbacks=[TensorBoard(tmp_path)])
    found = accumulator.EventAccumulator(str(tmp_path))
    found.Reload()
    losses = [(event.step, event.value) for event in found.Scalars("loss")]
    assert losses == [(epoch["epoch"], pytest.approx(epoch["loss"])) for epoch in model.history_]


def test_experiment_trackers(corpus, monkeypatch):
    # Both send what they log to a server; what stands in for them takes the calls that they take.
    log = []

    class Run:
        def log(self, figures, step):
            log.append(("wandb", step, figures["loss"]))

        def finish(self):
            log.append(("wandb", "finish"))

    wandb, mlflow = ModuleType("wandb"), ModuleType("mlflow")

    def init(project, config):
        log.append(("wandb", project, config["num_topics"]))
        return Run()

    wandb.init = init
    mlflow.start_run = lambda run_name: log.append(("mlflow", run_name))
    mlflow.log_params = lambda params: log.append(("mlflow", params["num_topics"]))
    mlflow.log_metrics = lambda figures, step: log.append(("mlflow", step, figures["loss"]))
    mlflow.end_run = lambda: log.append(("mlflow", "end"))
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    model = small_model(epochs=1).fit(corpus, callbacks=[WeightsAndBiases(project="p"), MLflow(run_name="r")])
    loss = model.history_[0]["loss"]
    assert log == [
        ("wandb", "p", 4),
        ("mlflow", "r"),
        ("mlflow", 4),
        ("wandb", 1, loss),
        ("mlflow", 1, loss),
        ("wandb", "finish"),
        ("mlflow", "end"),
    ]


@pytest.mark.parametrize(("callback", "module"), [(WeightsAndBiases, "wandb"), (MLflow, "mlflow")])
def test_trackers_that_are_not_installed(monkeypatch, callback, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        callback()
