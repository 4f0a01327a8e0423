"""Training on blocks that are read window by window is training on the same documents in the same order."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from blocked import BlockedCorpus, BlockedPart
from gloctm import ShardedCorpus
from gloctm.augmentation.counts import augment
from gloctm.corpus import shard_files
from gloctm.errors import FileFormatError, InputError, TrainingInterrupted
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.training.batches import Batches, batch_sizes, draw_noise
from gloctm.training.checkpoint import CheckpointPolicy, read_checkpoint
from gloctm.training.order import Order
from gloctm.training.settings import TrainingSettings
from gloctm.training.streamed import StreamedBatches
from gloctm.training.train import train
from paths import TESTS
from planted import planted_corpus

BLOCK = 16
SETTINGS = {"num_topics": 5, "epochs": 2, "batch_size": 32, "dropout": 0.1, "threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de"), documents={"en": 203, "de": 150})


def streamed(corpus, shuffle_documents=64, seed=0):
    return StreamedBatches(
        BlockedCorpus(corpus, BLOCK), 3, torch.device("cpu"), seed=seed, shuffle_documents=shuffle_documents
    )


def orders(corpus, shuffle_documents, seed=0):
    return {
        language: Order(part.block_sizes, seed=seed, language=language, shuffle_documents=shuffle_documents)
        for language, part in BlockedCorpus(corpus, BLOCK).items()
    }


class InOrder:
    """Documents in memory, in the order in which they are streamed."""

    def __init__(self, corpus, shuffle_documents, seed=0):
        self._batches = Batches(corpus, 3, torch.device("cpu"))
        self.device, self.length = self._batches.device, self._batches.length
        self._orders = orders(corpus, shuffle_documents, seed)

    def epoch(self, batch_size, generator, *, number=0, skip=0):
        sizes = batch_sizes(self.length, batch_size)
        place = number * self.length + sum(sizes[:skip])
        for size in sizes[skip:]:
            batch = {}
            for language, order in self._orders.items():
                rows = torch.from_numpy(order.take(place, size))
                sources = (self._batches._counts, self._batches._global_counts, self._batches._embeddings)
                batch[language] = LanguageBatch(*(next(source[language].batches(rows, [size])) for source in sources))
            yield batch
            place += size


def dense(rows):
    found = torch.zeros(len(rows), rows.width)
    found.index_put_((rows.row_of_nonzero, rows.indices), rows.values, accumulate=True)
    return found


@pytest.mark.parametrize("shuffle_documents", [1, 64, 1000])
def test_batches_are_those_of_the_order(corpus, shuffle_documents):
    resident = InOrder(corpus, shuffle_documents)
    with streamed(corpus, shuffle_documents) as batches:
        for number in range(3):
            pairs = zip(resident.epoch(32, None, number=number), batches.epoch(32, None, number=number), strict=True)
            for expected, found in pairs:
                assert list(found) == ["en", "de"]
                for language in found:
                    assert torch.equal(dense(found[language].counts), dense(expected[language].counts))
                    assert torch.equal(dense(found[language].global_counts), dense(expected[language].global_counts))
                    assert torch.equal(found[language].document_embeddings, expected[language].document_embeddings)


def test_gathered_global_counts_are_the_product(corpus):
    counts = {language: part.counts for language, part in corpus.items()}
    words = {language: part.word_embeddings for language, part in corpus.items()}
    product = augment(counts, words, 3)
    rows = {language: order.take(0, 203) for language, order in orders(corpus, 64).items()}
    with streamed(corpus) as batches:
        found = list(batches.epoch(50, None))
    for language in corpus:
        gathered = np.concatenate([dense(batch[language].global_counts).numpy() for batch in found])
        assert np.array_equal(gathered, product[language].toarray()[rows[language]])


@pytest.mark.parametrize("fused", [True, False])
def test_losses_and_gradients_are_those_of_the_documents_in_memory(corpus, fused):
    results = []
    for source in (InOrder(corpus, 1000), streamed(corpus, 1000)):
        network = GloCTMNetwork({language: part.num_words for language, part in corpus.items()}, 5).double()
        network.fused = fused
        noise = {language: torch.Generator().manual_seed(3) for language in corpus}
        batch = next(source.epoch(40, None))
        batch = {language: as_double(part) for language, part in batch.items()}
        draws = {
            language: LanguageNoise(each.local.double(), each.shared.double())
            for language, each in draw_noise(batch, 5, noise).items()
        }
        loss = network(batch, draws).total
        loss.backward()
        results.append((loss.item(), {name: value.grad for name, value in network.named_parameters()}))
    (loss, gradients), (streamed_loss, streamed_gradients) = results
    assert streamed_loss == pytest.approx(loss, rel=1e-12)
    for name, gradient in gradients.items():
        assert torch.allclose(streamed_gradients[name], gradient, rtol=1e-9, atol=1e-10), name


def as_double(part):
    counts, global_counts = (
        type(rows)(rows.indices, rows.offsets, rows.values.double(), rows.width)
        for rows in (part.counts, part.global_counts)
    )
    return LanguageBatch(counts, global_counts, part.document_embeddings.double())


def trained(corpus, *, checkpoints=None, stop=None, **changed):
    settings = TrainingSettings(**{**SETTINGS, "shuffle_documents": 64, **changed})
    return train(
        BlockedCorpus(corpus, BLOCK), settings, seed=0, show_progress=False, checkpoints=checkpoints, stop=stop
    )


def same(first, second):
    return first.history == second.history and all(
        np.array_equal(first.weights[name], second.weights[name]) for name in first.weights
    )


@pytest.fixture(scope="module")
def uninterrupted(corpus):
    return trained(corpus)


def test_training_in_one_window_is_training_in_memory(corpus, monkeypatch):
    found = trained(corpus, shuffle_documents=1000)
    monkeypatch.setattr("gloctm.training.train._streamed", lambda *given: in_order(corpus, 1000))
    expected = trained(corpus, shuffle_documents=1000)
    for epoch, other in zip(found.history, expected.history, strict=True):
        for term in ("loss", "local", "shared", "regularization", "cka"):
            assert epoch[term] == pytest.approx(other[term], rel=1e-6), term


def in_order(corpus, shuffle_documents):
    return contextlib.nullcontext(InOrder(corpus, shuffle_documents))


def test_one_seed_is_one_result(corpus, uninterrupted):
    assert same(trained(corpus), uninterrupted)
    assert not same(trained(corpus, shuffle_documents=128), uninterrupted)


class StopAfter:
    """Says stop after some steps."""

    def __init__(self, steps):
        self.left = steps

    def __call__(self):
        self.left -= 1
        return KeyboardInterrupt if self.left == 0 else None


def test_an_epoch_is_begun_at_any_batch(corpus):
    with streamed(corpus) as batches:
        for number in range(2):
            whole = list(batches.epoch(32, None, number=number))
            for skip in range(len(whole) + 1):
                with streamed(corpus) as fresh:
                    found = list(fresh.epoch(32, None, number=number, skip=skip))
                assert len(found) == len(whole) - skip
                for batch, expected in zip(found, whole[skip:], strict=True):
                    for language in corpus:
                        for name in ("indices", "offsets", "values"):
                            for kind in ("counts", "global_counts"):
                                first, second = getattr(batch[language], kind), getattr(expected[language], kind)
                                assert torch.equal(getattr(first, name), getattr(second, name))
                        assert torch.equal(batch[language].document_embeddings, expected[language].document_embeddings)


# An epoch has seven batches.
@pytest.mark.parametrize("steps", [1, 7, 10])
def test_a_stopped_training_goes_on_bit_for_bit(corpus, uninterrupted, tmp_path, steps):
    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingInterrupted):
        trained(corpus, checkpoints=CheckpointPolicy(path, 60.0, resume=False), stop=StopAfter(steps))
    resumed = trained(corpus, checkpoints=CheckpointPolicy(path, 60.0, resume=True))
    assert same(resumed, uninterrupted)


KILLED = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
import numpy as np
from gloctm.training import checkpoint as kept
from paths import TESTS
from planted import planted_corpus
from test_streamed import trained

write = kept.write_checkpoint

def told(*arguments):
    print("writing", flush=True)
    write(*arguments)
    print("written", flush=True)

kept.write_checkpoint = told
corpus = planted_corpus(("en", "de"), documents={{"en": 203, "de": 150}})
result = trained(corpus, checkpoints=kept.CheckpointPolicy(Path({path!r}), 0, resume=True))
np.savez({weights!r}, **result.weights)
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_bit_for_bit(tmp_path, uninterrupted):
    path, weights = tmp_path / "run.checkpoint", tmp_path / "weights.npz"
    script = KILLED.format(paths=[str(TESTS), str(TESTS / "training")], path=str(path), weights=str(weights))
    # Lines of "writing" and "written" after which it is killed: amid the writing of a checkpoint, and amid a step.
    for lines in (1, 8, 5):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert all(told)
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    with np.load(weights) as found:
        assert all(np.array_equal(found[name], uninterrupted.weights[name]) for name in uninterrupted.weights)


def test_a_checkpoint_belongs_to_its_window(corpus, tmp_path):
    policy = CheckpointPolicy(tmp_path / "run.checkpoint", 60.0, resume=True)
    trained(corpus, checkpoints=policy, epochs=1)
    with pytest.raises(InputError, match=r"different in shuffle_documents \(64, now 32\)"):
        trained(corpus, checkpoints=policy, epochs=1, shuffle_documents=32)


def test_in_memory_the_window_is_nothing(corpus, tmp_path):
    policy = CheckpointPolicy(tmp_path / "run.checkpoint", 60.0, resume=True)
    results = [
        train(
            corpus,
            TrainingSettings(**{**SETTINGS, "epochs": 1, "shuffle_documents": size}),
            seed=0,
            show_progress=False,
            checkpoints=policy,
        )
        for size in (64, 32)
    ]
    assert same(*results)
    assert "shuffle_documents" not in read_checkpoint(policy.path).identity


def readers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("gloctm-reader")]


def test_a_block_that_cannot_be_read_ends_the_training(corpus, monkeypatch):
    read = BlockedPart.read_blocks

    def damaged(self, numbers, order):
        # Not one of the first window of either language, so that it is the thread that reads it.
        if len(self.read) == 2:
            raise FileFormatError("corpus/en/00001.parquet is damaged: copy it again")
        return read(self, numbers, order)

    monkeypatch.setattr(BlockedPart, "read_blocks", damaged)
    with pytest.raises(FileFormatError, match=r"^corpus/en/00001\.parquet is damaged: copy it again$"):
        trained(corpus)
    assert readers() == []


def test_the_reading_thread_ends_with_the_training(corpus):
    trained(corpus, epochs=1)
    assert readers() == []


def test_what_is_read_at_once_is_bounded(corpus):
    blocked = BlockedCorpus(corpus, BLOCK)
    with StreamedBatches(blocked, 3, torch.device("cpu"), seed=0, shuffle_documents=64) as batches:
        next(batches.epoch(32, None))
    # Thirty-two batches are gathered at once, so all windows of the epoch have been read; each alone is bounded.
    assert all(len(blocks) <= 4 for part in blocked.values() for blocks in part.read)


def test_every_window_is_read_once_an_epoch(corpus):
    blocked = BlockedCorpus(corpus, BLOCK)
    with StreamedBatches(blocked, 3, torch.device("cpu"), seed=0, shuffle_documents=64) as batches:
        for number in range(2):
            for _ in batches.epoch(32, None, number=number):
                pass
    # 13 blocks in 4 windows, each twice, and a window that was read ahead.
    windows = blocked["en"].read
    assert len(windows) in (8, 9)
    assert sorted(block for blocks in windows[:8] for block in blocks) == sorted([*range(13)] * 2)


def test_few_documents_are_refused(corpus):
    few = planted_corpus(("en", "de"), documents={"en": 203, "de": 1})
    with pytest.raises(InputError, match="'de'"):
        trained(few)


def test_shards_on_disk_train_as_blocks_do(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", BLOCK)
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 4 * BLOCK)
    sharded = ShardedCorpus.load(corpus.save(tmp_path / "shards", sharded=True))
    settings = TrainingSettings(**{**SETTINGS, "epochs": 1, "shuffle_documents": 64})
    found = train(sharded, settings, seed=0, show_progress=False)
    assert same(found, trained(corpus, epochs=1))


def test_a_damaged_shard_ends_the_training(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", BLOCK)
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 4 * BLOCK)
    sharded = ShardedCorpus.load(corpus.save(tmp_path / "shards", sharded=True))
    file = tmp_path / "shards" / "en" / "00002.npy"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    settings = TrainingSettings(**{**SETTINGS, "epochs": 1, "shuffle_documents": 64})
    with pytest.raises(FileFormatError, match=r"en.00002\.npy is damaged"):
        train(sharded, settings, seed=0, show_progress=False)
    assert readers() == []
