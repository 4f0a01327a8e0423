"""``corpus build``: languages are identified, chosen and merged; what is left out is listed."""

from __future__ import annotations

import json
import random
import re

import numpy as np
import pytest

from command_line import (
    FRENCH,
    build,
    dropped_in,
    everything,
    make_records,
    run_here,
    run_process,
    sentences,
    succeeded,
    without,
    write_csv,
    write_json_lines,
)
from gloctm.text.identification import identify_languages


def test_a_code_with_a_script_works_throughout(tmp_path):
    """Traditional Chinese, from documents to topic proportions."""
    records = [{**record, "lang": "zh_hant" if record["lang"] == "de" else "en"} for record in make_records()]
    themes = ["河流 小船 水 橋 港口 魚", "麵包 奶油 烤箱 麵粉 廚房 食譜", "火車 車站 車票 鐵路 旅程 月台"]
    rng = random.Random(0)
    for record, words in zip(records[1::2], themes * 7, strict=False):
        record["text"] = " ".join(rng.sample(words.split(), 4))
    source = write_json_lines(tmp_path / "a.jsonl", records)
    folders = tmp_path / "corpus", tmp_path / "model"
    succeeded(run_here("corpus", "build", source, "-o", folders[0], "-q"))
    assert "│zh-Hant " in succeeded(run_here("corpus", "info", folders[0])).stdout
    flags = ("--num-topics=2", "--threads=1", "--no-progress")
    succeeded(run_here("train", folders[0], "-o", folders[1], *flags))
    shown = succeeded(run_here("topics", folders[1], "--languages=zh_Hant", "--format=jsonl")).stdout
    assert {json.loads(line)["language"] for line in shown.splitlines()} == {"zh-Hant"}
    rows = succeeded(run_here("transform", folders[1], source, "-o", "-")).stdout.splitlines()
    assert [json.loads(row)["lang"] for row in rows] == ["en", "zh-Hant"] * 20


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda record: {}, ()),
        (lambda record: {"lang": ""}, ()),
        (lambda record: {"lang": "auto"}, ()),
        (lambda record: {"lang": "fr"}, ("--language=auto",)),
        (lambda record: {"lang": "no language!"}, ("--language=auto",)),
        (lambda record: {"locale": "und"}, ("--lang-column=locale",)),
    ],
    ids=["missing", "empty", "auto", "wrong", "nonsense", "other column"],
)
def test_languages_are_identified(tmp_path, change, options):
    records = sentences()
    bare = [{**each, **change(record)} for each, record in zip(without(records, "lang"), records, strict=True)]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", bare), *options)
    assert {code: list(part.ids) for code, part in corpus.items()} == {
        code: [record["id"] for record in records if record["lang"] == code] for code in ("en", "de")
    }
    confidence = {
        code: np.mean([sure for _, sure in identify_languages(list(part.texts))]) for code, part in corpus.items()
    }
    assert said[-1] == "languages identified: " + ", ".join(
        f"{code} 30 (mean confidence {mean:.2f})" for code, mean in confidence.items()
    )
    assert not (tmp_path / "corpus" / "dropped.jsonl").exists()


def test_only_documents_that_name_no_language_are_identified(tmp_path):
    records = sentences()
    # Wrong on purpose: what a document says stands.
    records[0]["lang"] = "de"
    del records[2]["lang"]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", records))
    assert records[0]["id"] in corpus["de"].ids
    assert records[2]["id"] in corpus["en"].ids
    assert re.match(r"languages identified: en 1 \(mean confidence [\d.]+\)$", said[0])


def test_what_is_identified_uncertainly_is_left_out_and_listed(tmp_path):
    records = without(sentences(), "lang")
    records[7]["text"] = "12:34 -- 56"
    found = identify_languages([record["text"] for record in records])
    middle = float(np.median([confidence for _, confidence in found]))
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source, f"--min-confidence={middle}", "--min-documents=2")
    left_out = [
        {
            "source": f"{source}, line {row + 1}",
            "reason": "language not recognized" if code == "und" else "language uncertain",
            "text": record["text"][:80],
            "id": record["id"],
            "language": code,
            "confidence": round(confidence, 4),
        }
        for row, (record, (code, confidence)) in enumerate(zip(records, found, strict=True))
        if confidence < middle
    ]
    assert 10 < len(left_out) < 50
    assert dropped_in(tmp_path / "corpus") == left_out
    kept = {each for part in corpus.values() for each in part.ids}
    assert kept == {record["id"] for record in records} - {each["id"] for each in left_out}
    assert said[1] == (
        f"gloctm: warning: {len(left_out)} documents were left out (language uncertain: {len(left_out) - 1}; "
        f"language not recognized: 1); {tmp_path / 'corpus' / 'dropped.jsonl'} lists them"
    )


def test_regional_variants_are_merged_where_asked(tmp_path):
    records = make_records()
    for number, record in enumerate(records):
        if record["lang"] == "en":
            record["lang"] = ("en-GB", "en-US")[number // 2 % 2]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source)
    assert set(corpus.languages) == {"en-GB", "de", "en-US"}
    assert any(
        " are treated as separate languages; to merge them into en, pass --merge-regions" in line for line in said
    )
    corpus, said = build(tmp_path, source, "--merge-regions")
    assert {code: part.num_documents for code, part in corpus.items()} == {"en": 20, "de": 20}
    assert said == []


def test_few_documents_of_a_language_are_left_out_unless_asked_for(tmp_path):
    records = without(sentences(), "lang") + [{"id": f"fr-{row}", "text": text} for row, text in enumerate(FRENCH)]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source)
    assert corpus.languages == ("en", "de")
    assert "(fewer than 20 documents in a language: 3)" in said[1]
    assert [(each["id"], each["language"]) for each in dropped_in(tmp_path / "corpus")] == [
        (f"fr-{row}", "fr") for row in range(3)
    ]
    # Naming the language, or lowering the number, takes them.
    for option in ("--min-documents=3", "--languages=en,de,fr"):
        corpus, _ = build(tmp_path, source, option, "--min-df=1")
        assert corpus.languages == ("en", "de", "fr")
        assert list(corpus["fr"].ids) == ["fr-0", "fr-1", "fr-2"]


def test_languages_not_asked_for_are_left_out_and_listed(tmp_path):
    records = [*make_records(), {"id": "x", "lang": "fr", "text": FRENCH[0]}]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", records), "--languages=de,en")
    assert corpus.languages == ("de", "en")
    assert said == [
        "gloctm: warning: 1 document was left out (language not wanted: 1); "
        f"{tmp_path / 'corpus' / 'dropped.jsonl'} lists them"
    ]
    assert dropped_in(tmp_path / "corpus") == [
        {
            "source": f"{tmp_path / 'a.jsonl'}, line 41",
            "reason": "language not wanted",
            "text": FRENCH[0],
            "id": "x",
            "language": "fr",
        }
    ]


def test_bad_lines_are_skipped_and_listed(tmp_path, plain):
    good = [json.dumps(record).encode() for record in make_records()]
    bad = {
        1: (b'{"text": "cut', "is not JSON (Invalid control character at)", '{"text": "cut'),
        7: (b"[1, 2]", "is not a JSON object", "[1, 2]"),
        8: (b'{"lang": "en", "id": "a"}', "has no text", "lang: 'en', id: 'a'"),
        20: (
            b'{"text": "\xff", "lang": "en"}',
            "is not UTF-8 text (byte 11 of the line)",
            '{"text": "�", "lang": "en"}',
        ),
        30: (b'{"text": "one", "lang": "e!"}', "'e!' is not a language code", "one"),
        31: (b'{"text": [1], "lang": "en"}', "'text' is [1], not text", "text: [1], lang: 'en'"),
        46: (b'{"text": null}', "has no text", "text: None"),
    }
    lines = list(good)
    for number, (line, *_) in sorted(bad.items()):
        lines.insert(number - 1, line)
    source = tmp_path / "documents.jsonl"
    source.write_bytes(b"\n".join(lines) + b"\n")
    corpus, said = build(tmp_path, source, "--skip-bad-lines", run=run_process)
    assert everything(corpus) == plain
    listed = dropped_in(tmp_path / "corpus")
    assert [(each["source"], each["text"]) for each in listed] == [
        (f"{source}, line {number}", text) for number, (_, _, text) in sorted(bad.items())
    ]
    for each, (_, reason, _) in zip(listed, (bad[number] for number in sorted(bad)), strict=True):
        assert each["reason"].startswith(reason)
    # What differs from line to line is not told where it ends a reason.
    assert said[0].startswith("gloctm: warning: 7 documents were left out (has no text: 2; is not JSON: 1; ")
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text())["report"]["dropped"] == {
        "has no text": 2,
        "is not JSON …": 1,
        "is not a JSON object": 1,
        "is not UTF-8 text …": 1,
        "… is not a language code": 1,
        "'text' is …, not text": 1,
    }


def test_columns_can_be_left_unread(tmp_path):
    records = [{**record, "id": "same", "date": "31.12.2024"} for record in make_records()]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    corpus, _ = build(tmp_path, tmp_path / "documents.jsonl", "--date-column=", "--id-column=", "--label-column=")
    assert (corpus["en"].dates, corpus["en"].labels) == (None, None)
    # The languages take turns.
    assert corpus["en"].ids[:2] == ["0", "2"]


def test_bad_rows_of_a_table_are_skipped_and_listed(tmp_path, plain):
    source = write_csv(tmp_path / "documents.csv", make_records())
    with source.open("a") as stream:
        stream.write("too,few\n")
    corpus, said = build(tmp_path, source, "--skip-bad-lines")
    assert everything(corpus) == plain
    assert said[0].startswith("gloctm: warning: 1 document was left out (has not as many fields as the heading: 1);")
    assert dropped_in(tmp_path / "corpus")[0]["source"] == f"{source}, line 42"


def test_reasons_of_one_kind_are_told_together(tmp_path):
    lines = [json.dumps(record) + "\n" for record in make_records()]
    # The value differs, the reason is the same.
    values = (0, 1.5, True, [1, "a"], {"a": 1}, -3)
    lines += [json.dumps({"text": value, "lang": "en"}) + "\n" for value in values]
    (tmp_path / "documents.jsonl").write_text("".join(lines) + "[1]\n[2]\n", encoding="utf-8")
    arguments = ("corpus", "build", tmp_path / "documents.jsonl", "-o", tmp_path / "corpus", "--encoder=none", "-q")
    result = run_here(*arguments, "--skip-bad-lines")
    assert result.returncode == 0
    told = "'text' is …, not text: 5; is not a JSON object: 2; 'text' is True, not text: 1"
    listed = tmp_path / "corpus" / "dropped.jsonl"
    assert result.stderr.splitlines()[0] == f"gloctm: warning: 8 documents were left out ({told}); {listed} lists them"
    assert len(dropped_in(tmp_path / "corpus")) == 8
