# Two commands, each of which sets up what it needs in .venv by itself: "make demo" and "make test".

PYTHON ?= python3
BIN := .venv/bin
TORCH := $(shell grep '^torch==' constraints.txt)
# Exact versions, also of what builds the package.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all test-slow test-browser docs format benchmark-speed benchmark-quality clean

demo: .venv/installed
	$(BIN)/gloctm demo

# In random order: the seed is printed first, and --randomly-seed repeats an order.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
TESTS ?= not slow

test: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@command -v chromium >/dev/null || echo "No Chromium, so the browser tests are skipped: apt-get install chromium"
	$(PYTEST) -m "$(TESTS)"

# What takes longer, too.
test-all: .venv/installed-dev
	$(PYTEST) --dist loadfile

# A file at a time, as one cluster or one model serves all of its tests.
test-slow: .venv/installed-dev
	$(PYTEST) --dist loadfile -m slow

# Fails where there is no Chromium.
test-browser: .venv/installed-dev
	BROWSER_TESTS=required $(PYTEST) -m browser

# The site, in build/site; fails on any warning.
docs: .venv/installed-dev
	$(BIN)/python docs/build_site.py

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Some ten minutes, on a machine that does nothing else. Results are replaced once all are there.
benchmark-speed: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed.py all > benchmarks/results/speed.jsonl.part
	mv benchmarks/results/speed.jsonl.part benchmarks/results/speed.jsonl
	$(BIN)/python benchmarks/tables.py

# Hours to days, by what is asked: "make benchmark-quality DATA=ECNews PRESET=ecnews LANGUAGES=en,cn REFERENCE=en-zh
# DICTIONARY=zh-en.txt.xz", and with MODELS="context kmeans-coherent" (minutes a seed) or SEEDS="0 48" less of it. What is
# there is not run again, and a training that was stopped goes on from the folder CHECKPOINTS.
CHECKPOINTS ?= build/checkpoints
benchmark-quality: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/quality.py $(DATA) --preset $(PRESET) --languages $(LANGUAGES) \
		--reference $(REFERENCE) $(if $(DICTIONARY),--dictionary $(DICTIONARY)) $(if $(MODELS),--models $(MODELS)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(EPOCHS),--epochs $(EPOCHS)) --checkpoints $(CHECKPOINTS)
	$(BIN)/python benchmarks/tables.py

clean:
	rm -rf .venv

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "GloCTM needs Python 3.11 or newer: make demo PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

# The CPU build, without gigabytes of CUDA: a wheel that pip knows of locally if there is one, else by uv, which knows
# where CPU builds are kept.
.venv/torch: .venv/created constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-index $(TORCH) 2>/dev/null \
		|| { $(BIN)/pip install --quiet uv && $(BIN)/uv pip install --quiet --python $(BIN)/python \
			--constraint constraints.txt --torch-backend cpu $(TORCH); }
	touch $@

.venv/installed: .venv/torch pyproject.toml
	$(BIN)/pip install --quiet --editable ".[train,report]"
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@
