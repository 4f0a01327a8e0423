"""Damage of whatever this package saves is noticed: other bytes of the same size, no plain files, hidden sizes.

Whatever is done to a folder, reading it gives what was saved or one sentence.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tracemalloc
import zipfile
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from command_line import change_manifest, run_here
from gloctm import Corpus, GloCTM, ShardedCorpus, TopicModel
from gloctm.context.train import _KeptSteps
from gloctm.context.train import _read as read_steps
from gloctm.corpus import shard_files, storage
from gloctm.errors import FileFormatError, InputError
from gloctm.files.digests import check_file
from gloctm.files.manifest import write_manifest
from gloctm.selection.trials import Trial, TrialLog
from paths import ROOT

KEPT = ROOT / "tests" / "data" / "kept"


@pytest.fixture(autouse=True, scope="module")
def _quick():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 10)
        monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)
        monkeypatch.setattr("os.fsync", lambda _: None)
        yield


def published(folder, seed=0):
    model = GloCTM.load(KEPT / "model-published")
    if seed:
        # Another model of the same words and shapes.
        weights = {name: array + np.float32(seed) for name, array in model.weights_.items()}
        model.set_artifact(replace(model.artifact(), weights=weights, seed=seed))
    return model.set_labels({"en": {0: "rain", 1: "sun"}}).save(folder)


def context(folder, seed=0):
    model = GloCTM.load(KEPT / "model-context")
    if seed:
        vectors = {code: array[::-1].copy() for code, array in model.word_embeddings_.items()}
        model.set_artifact(replace(model.artifact(), word_embeddings=vectors, seed=seed))
    return model.save(folder)


def plain(folder, seed=0):
    return as_other(Corpus.load(KEPT / "corpus-format-2"), seed).save(folder)


def split(folder, seed=0):
    return as_other(Corpus.load(KEPT / "corpus-format-3"), seed).save(folder)


def sharded(folder, seed=0):
    return as_other(Corpus.load(KEPT / "corpus-format-3"), seed).save(folder, sharded=True)


def as_other(corpus, seed):
    if not seed:
        return corpus
    vectors = {code: np.asarray(part.word_embeddings)[::-1].copy() for code, part in corpus.items()}
    for code, words in vectors.items():
        corpus = corpus.with_embeddings(code, words=words)
    return corpus


def facts_of_model(path):
    artifact = asdict(GloCTM.load(path).artifact())
    return json.dumps(artifact, default=lambda value: value.tolist(), sort_keys=True)


def facts_of_corpus(corpus):
    columns = ("ids", "labels", "dates", "texts", "vocabulary", "tokenizer", "markup")
    listed = {
        code: [str(None if getattr(part, name) is None else list(getattr(part, name))) for name in columns]
        for code, part in corpus.items()
    }
    return corpus.fingerprint(), listed, corpus.encoder, corpus.word_encoder, corpus.passage_length, corpus.report


KINDS = {
    "published": (published, facts_of_model),
    "context": (context, facts_of_model),
    "plain": (plain, lambda path: facts_of_corpus(Corpus.load(path))),
    "split": (split, lambda path: facts_of_corpus(Corpus.load(path))),
    "sharded": (sharded, lambda path: facts_of_corpus(ShardedCorpus.load(path).to_corpus())),
}


@pytest.fixture(scope="module", params=KINDS)
def saved(request, tmp_path_factory):
    """A folder of a kind, another of the same kind and shapes, and what reads it."""
    make, read = KINDS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    return make(folder / "saved"), make(folder / "other", 1), read


def files_of(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")


# Each takes a generator, the content, and the contents of other files, and returns as many bytes.


def flipped(rng, content, others):
    changed = bytearray(content)
    changed[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def zeroed(rng, content, others):
    start = int(rng.integers(len(content)))
    stop = min(len(content), start + int(rng.integers(1, 64)))
    return content[:start] + bytes(stop - start) + content[stop:]


def moved(rng, content, others):
    """Two stretches in each other's place, as of words or embeddings of two topics."""
    size = int(rng.integers(1, max(2, len(content) // 4)))
    first, second = sorted(rng.integers(0, max(1, len(content) - 2 * size), 2).tolist())
    second += size
    middle = content[first + size : second]
    return (
        content[:first] + content[second : second + size] + middle + content[first : first + size]
        + content[second + size :]
    )  # fmt: skip


def exchanged(rng, content, others):
    """Another file of this size: of another language, or of another model of the same shape."""
    same = [each for each in others if len(each) == len(content) and each != content]
    return same[rng.integers(len(same))] if same else flipped(rng, content, others)


def shuffled(rng, content, others):
    """The words of a vocabulary, or the lines of a file, in another order."""
    lines = content.split(b"\n")
    end = lines.pop()
    return b"\n".join([*(lines[place] for place in rng.permutation(len(lines))), end])


DAMAGES = (flipped, zeroed, moved, exchanged, shuffled)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_damage_of_the_same_size(saved, damage):
    folder, other, read = saved
    expected, rng = read(folder), np.random.default_rng(7)
    names, noticed = files_of(folder), []
    contents = [(place / name).read_bytes() for place in (folder, other) for name in files_of(place)]
    for round_ in range(12):
        name = names[rng.integers(len(names))] if damage is flipped else names[round_ % len(names)]
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(damage(rng, before, contents))
        try:
            # White space of the manifest may be different.
            assert read(folder) == expected, f"round {round_}: {name} was read otherwise than it was written"
        except FileFormatError as error:
            noticed.append(str(error))
        finally:
            (folder / name).write_bytes(before)
    assert len(noticed) >= 6
    assert all("\n" not in sentence and str(folder) in sentence for sentence in noticed)
    assert read(folder) == expected


def test_an_older_folder_is_read_by_sizes(saved):
    folder, _, read = saved
    manifest = next(folder.glob("*.json"))
    manifest = folder / ("model.json" if (folder / "model.json").exists() else "corpus.json")
    before = manifest.read_bytes()
    content = json.loads(before)
    expected = read(folder)
    content.pop("own_sha256")
    if content["format_version"] != 3:
        content.pop("sha256")
    manifest.write_text(json.dumps(content))
    assert read(folder) == expected
    manifest.write_bytes(before)


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path), os.mkdir], ids=["fifo", "device", "folder"]
)
def test_what_is_no_plain_file_is_not_read(saved, tmp_path, make):
    folder, _, read = saved
    for name in files_of(folder):
        copy = shutil.copytree(folder, tmp_path / f"{name.as_posix().replace('/', '-')}")
        (copy / name).unlink()
        make(copy / name)
        with pytest.raises(FileFormatError, match=f"{re.escape(str(copy / name))} is a .*, not a plain file"):
            read(copy)


def test_no_link_leads_out_of_a_folder(saved, tmp_path):
    folder, _, read = saved
    copy = shutil.copytree(folder, tmp_path / "copy")
    for name in files_of(copy):
        (copy / name).unlink()
        (copy / name).symlink_to(folder / name)
        # Although its bytes are those that were saved.
        with pytest.raises(FileFormatError, match="is a link, not a plain file"):
            read(copy)
        (copy / name).unlink()
        shutil.copyfile(folder / name, copy / name)
    read(copy)


def test_damage_is_not_looked_for_where_it_is_not_wanted(tmp_path):
    path = published(tmp_path / "model")
    content = bytearray((path / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (path / "weights.safetensors").write_bytes(content)
    assert TopicModel.load(path, verify=False).num_topics_ == 3
    for verify in (None, True):
        with pytest.raises(FileFormatError, match=r"weights\.safetensors is damaged \(its SHA-256 differs\): copy or"):
            GloCTM.from_pretrained(path, verify=verify)


# Manifests that somebody wrote: of the right digests, but of any content

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**25) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
COMMANDS = {
    **dict.fromkeys(("published", "context"), (("info",), ("topics",))),
    **dict.fromkeys(("plain", "sharded"), (("corpus", "info"),)),
}


def places_in(content, above=()):
    """The way to every value of a manifest but its files."""
    keys = content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    for key in keys:
        if above or key not in ("files", "sha256", "own_sha256"):
            yield (*above, key)
            yield from places_in(content[key], (*above, key))


@pytest.mark.parametrize("examples", [12, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", COMMANDS)
def test_any_value_anywhere_in_a_manifest(tmp_path_factory, kind, examples):
    folder = KINDS[kind][0](tmp_path_factory.mktemp(kind) / "saved")
    manifest = folder / ("corpus.json" if kind in ("plain", "sharded") else "model.json")
    whole = json.loads(manifest.read_bytes())
    places = list(places_in(whole))

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(st.sampled_from(places), JSON)
    def changed(place, value):
        content = json.loads(json.dumps(whole))
        *above, last = place
        inner = content
        for key in above:
            inner = inner[key]
        inner[last] = value
        manifest.unlink()
        write_manifest(manifest, content)
        for command in COMMANDS[kind] if examples > 12 else COMMANDS[kind][:1]:
            result = run_here(*command, folder)
            assert result.returncode in (0, 2), (place, value, result.stderr)

    changed()


# Files that are larger than they seem


def unsigned(folder, manifest):
    """Let a manifest state sizes as they are now, as of before there were digests: damage that nobody signed."""
    change_manifest(folder, manifest, sha256=..., own_sha256=...)


def bomb(path, **arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (shape, dtype) in arrays.items():
            with archive.open(f"{name}.npy", "w") as stream:
                header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)
                stream.write(bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize))


def sparse_array(path, shape):
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
        stream.truncate(stream.tell() + 4 * int(np.prod(shape)))


def sparse_tensors(path):
    header = json.dumps({"topic_word.lang_en": {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]}}).encode()
    with path.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(stream.tell() + 2**32)


def longer(path):
    with path.open("ab") as stream:
        stream.truncate(5 * 2**30)


MANY = 2**22
BOMBS = [
    (plain, "en/counts.npz", lambda path: bomb(path, shape=((2,), "i8"), data=((MANY,), "i4"), indices=((MANY,), "i4"),
     indptr=((25,), "i4"), format=((), "S3"))),
    (plain, "en/counts.npz", lambda path: bomb(path, shape=((2,), "i8"), indptr=((MANY,), "i4"))),
    (plain, "en/counts.npz", lambda path: bomb(path, data=((MANY,), "f8"))),
    (split, "fr/passages.npz", lambda path: bomb(path, document=((MANY,), "i8"), starts=((MANY,), "i8"))),
    (split, "fr/passage_counts.npz", lambda path: bomb(path, shape=((2,), "i8"), data=((MANY,), "i4"))),
    (plain, "en/word_embeddings.npy", lambda path: sparse_array(path, (15, 2**26))),
    (plain, "en/document_embeddings.npy", lambda path: sparse_array(path, (2**26, 8))),
    (plain, "en/document_embeddings.npy", longer),
    (plain, "en/vocabulary.json", longer),
    (published, "vocabulary.json", longer),
    (published, "weights.safetensors", sparse_tensors),
    (published, "weights.safetensors", longer),
    (published, "word_embeddings.safetensors", sparse_tensors),
    (context, "coherent_words.safetensors", sparse_tensors),
]  # fmt: skip


@pytest.mark.parametrize(("make", "name", "damage"), BOMBS, ids=lambda value: getattr(value, "__name__", value))
def test_sizes_are_checked_before_anything_is_read(tmp_path, make, name, damage):
    path = make(tmp_path / "saved")
    damage(path / name)
    manifest = "model.json" if make in (published, context) else "corpus.json"
    with pytest.MonkeyPatch.context() as monkeypatch:
        # Which would take seconds.
        monkeypatch.setattr("gloctm.files.manifest.file_sha256", lambda path: "0" * 64)
        unsigned(path, manifest)
    tracemalloc.start()
    try:
        with pytest.raises((FileFormatError, InputError)) as caught:
            GloCTM.load(path) if manifest == "model.json" else Corpus.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2e7
    finally:
        tracemalloc.stop()
    assert isinstance(caught.value, FileFormatError)
    assert "damaged" in str(caught.value)


def test_a_line_is_not_read_without_end(tmp_path, monkeypatch):
    path = plain(tmp_path / "corpus")
    corpus = Corpus.load(path)
    with (path / "en" / "documents.jsonl").open("ab") as stream:
        stream.write(b" " * 2000)
    unsigned(path, "corpus.json")
    monkeypatch.setattr(storage, "MOST_LINE", 1000)
    with pytest.raises(FileFormatError, match=r"documents\.jsonl, line 25 is damaged"):
        Corpus.load(path)
    # What could not be read is not written.
    monkeypatch.setattr(storage, "MOST_LINE", 20)
    with pytest.raises(InputError, match="a document of 'en' takes more than 0 MB: split it, or leave it out"):
        corpus.save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


# Numbers


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("global_encoder.hidden1.weight", lambda a: a * np.float32(1e30), "holds numbers beyond 1e\\+15"),
        ("topic_word.lang_en", lambda a: a - np.float32(1e20), "holds numbers beyond 1e\\+15"),
        ("global_encoder.mean_norm.running_var", lambda a: -a - 1, "holds negative variances"),
        ("topic_word.lang_en", lambda a: np.full_like(a, np.nan), "holds NaN or infinite numbers"),
    ],
)
def test_absurd_numbers_are_not_loaded(tmp_path, name, change, message):
    path = published(tmp_path / "model")
    arrays = load((path / "weights.safetensors").read_bytes())
    (path / "weights.safetensors").write_bytes(save({**arrays, name: change(arrays[name])}))
    change_manifest(path, "model.json")
    with pytest.raises(FileFormatError, match=f"{re.escape(name)} {message}; copy or make the model again"):
        GloCTM.load(path)


@pytest.mark.parametrize("via", ["local", "global", "both"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_that_are_not_finite_never_leave_transform(tmp_path, via):
    path = published(tmp_path / "model")
    arrays = load((path / "weights.safetensors").read_bytes())
    huge = {name: array * np.float32(1e14) if ".weight" in name else array for name, array in arrays.items()}
    (path / "weights.safetensors").write_bytes(save(huge))
    change_manifest(path, "model.json")
    model = GloCTM.load(path)
    model.show_progress = False
    for latent in (False, True):
        with pytest.raises(
            FileFormatError, match="the model gives no finite numbers for documents in 'en': its weights"
        ):
            model.transform([["en-0-0", "en-1-1"]], "en", via=via, latent=latent)


# Checkpoints and searches


def write_state(path):
    torch = pytest.importorskip("torch")
    from gloctm.training.checkpoint import TrainingState, write_checkpoint

    tensors = {"network.a": torch.arange(6.0), "optimizer.b": torch.ones(3, dtype=torch.bfloat16)}
    write_checkpoint(path, TrainingState(3, [{"epoch": 1, "loss": 2.5}], tensors, {"seed": 3, "corpus": "f" * 64}))


def read_state(path):
    from gloctm.training.checkpoint import read_checkpoint

    state = read_checkpoint(path)
    tensors = {name: (str(each.dtype), each.tolist()) for name, each in state.tensors.items()}
    return state.batch, state.history, tensors, state.identity, state.stopped


def write_steps(path):
    steps = _KeptSteps(path, {"random_state": 0, "corpus": "f" * 64, "near": "0" * 70}, resume=False)
    steps.keep({"near.en": np.arange(6, dtype=np.int32), "documents.en": np.ones((2, 3), np.float32)})


def read_numbers(path):
    facts, arrays = read_steps(path)
    return facts, {name: (str(each.dtype), each.tolist()) for name, each in arrays.items()}


@pytest.mark.parametrize(("write", "read"), [(write_state, read_state), (write_steps, read_numbers)])
def test_every_bit_of_a_checkpoint_counts(tmp_path, write, read):
    path = tmp_path / "model.checkpoint"
    write(path)
    expected, content, noticed = read(path), path.read_bytes(), []
    for position in range(0, len(content), 3 if read is read_numbers else 17):
        damaged = bytearray(content)
        damaged[position] ^= 4
        path.write_bytes(damaged)
        try:
            # The name of the digest itself may be another, or white space at the end of the header.
            assert read(path) == expected, position
        except FileFormatError as error:
            noticed.append(str(error))
    assert len(noticed) > len(content) / 30
    assert all("\n" not in sentence for sentence in noticed)
    for make in (os.mkfifo, lambda place: os.symlink("/dev/zero", place)):
        path.unlink()
        make(path)
        with pytest.raises(FileFormatError, match="not a plain file"):
            read(path)


@pytest.mark.parametrize("name", ["context.checkpoint", "published.checkpoint"])
def test_checkpoints_of_before_there_were_digests_are_read(name):
    read = read_numbers if name.startswith("context") else read_state
    assert read(KEPT / name)


def test_every_bit_of_a_search_counts(tmp_path):
    identity = {"corpus": "f" * 64, "settings": {"epochs": 3}, "measures": ["npmi"]}
    trial = Trial({"num_topics": 2}, 0, {"npmi": {"en": 0.25}}, {"en": [["rain"]]}, 1.5, "f" * 64, {"gloctm": "1"})
    TrialLog(tmp_path / "search", identity, resume=False).append(trial)
    path = tmp_path / "search" / "trials.jsonl"
    content, noticed = path.read_bytes(), []
    for position in range(0, len(content) - 1):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        try:
            found = TrialLog(tmp_path / "search", identity, resume=True).find(trial.settings, 0)
            assert found == trial, position
        except FileFormatError as error:
            noticed.append(str(error))
    assert len(noticed) > len(content) - 50
    assert all("trials.jsonl is damaged in line " in sentence for sentence in noticed)
    path.write_bytes(content)
    begun = tmp_path / "search" / "search.json"
    begun.write_bytes(begun.read_bytes().replace(b'"npmi"', b'"npmj"'))
    with pytest.raises(FileFormatError, match=r"search\.json is damaged \(its SHA-256 differs\): put back a copy"):
        TrialLog(tmp_path / "search", identity, resume=True)


def test_a_missing_file_has_a_cure(tmp_path):
    with pytest.raises(FileFormatError, match="gone is missing: copy it again"):
        check_file(tmp_path / "gone", "0" * 64, cure="copy it again")
