# Two commands, each of which sets up what it needs in .venv by itself: "make demo" and "make test".

PYTHON ?= python3
BIN := .venv/bin
TORCH := $(shell grep '^torch==' constraints.txt)
# Exact versions, also of what builds the package.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all test-slow test-browser trials docs format benchmark-speed benchmark-quality
.PHONY: hashed hashes licenses vulnerabilities release clean

demo: .venv/installed
	$(BIN)/gloctm demo

# In random order: the seed is printed first, and --randomly-seed repeats an order.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal --durations 20 --durations-min 5
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

# Hundreds of kills and the like, see trials/__init__.py; "make trials SIZE=nightly" takes a night. A run that was stopped
# goes on.
SIZE ?= full
trials: .venv/installed-dev
	$(BIN)/python -m trials --size $(SIZE)

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

# Hours to days, by what is asked: "make benchmark-quality DATA=data REFERENCE=refcorpus DICTIONARY=dict" trains every
# model on all corpora that the folder data has, on all cores; with MODELS="context kmeans-coherent" (minutes a seed) or
# SEEDS="0 48" less of it, and with PRESET=ecnews one corpus, whose folder DATA is then. What is there is not run again,
# and a training that was stopped goes on from the folder CHECKPOINTS.
CHECKPOINTS ?= build/checkpoints
benchmark-quality: .venv/installed-dev
	$(BIN)/python benchmarks/quality.py $(DATA) --reference $(REFERENCE) $(if $(DICTIONARY),--dictionary $(DICTIONARY)) \
		$(if $(PRESET),--preset $(PRESET)) $(if $(LANGUAGES),--languages $(LANGUAGES)) \
		$(if $(MODELS),--models $(MODELS)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(EPOCHS),--epochs $(EPOCHS)) \
		$(if $(TOPICS),--topics $(TOPICS)) $(if $(ENCODER),--encoder $(ENCODER)) \
		$(if $(WORKERS),--workers $(WORKERS)) --checkpoints $(CHECKPOINTS)
	$(BIN)/python benchmarks/topic_scores.py $(DATA) --reference $(REFERENCE) $(if $(PRESET),--preset $(PRESET))
	$(BIN)/python benchmarks/tables.py

# What CI installs instead of all below: everything as requirements-ci.txt has its SHA-256, torch apart.
hashed: .venv/torch
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements-ci.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/pip check
	touch .venv/installed .venv/installed-dev .venv/installed-audit

# Writes those SHA-256, of all files of the versions in constraints.txt.
hashes: .venv/created
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --no-deps --generate-hashes --no-emit-package torch --universal --python-version 3.11.5 \
		--no-annotate --no-header --output-file requirements-ci.txt constraints.txt

licenses: .venv/installed-audit
	$(BIN)/pip-licenses --summary

# Fails, too, where what is known can't be had.
vulnerabilities: .venv/installed-audit
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

# In dist: source, wheel, what an installation with all extras consists of, and the SHA-256 of these.
release: .venv/installed-audit
	rm -rf dist build/release
	$(BIN)/hatchling build -d dist
	$(PYTHON) -m venv build/release
	$(call install-torch,build/release/bin)
	build/release/bin/pip install --quiet "$$(ls dist/*.whl)[all]"
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type library --output-reproducible \
		--output-file dist/gloctm.cdx.json build/release/bin/python
	cd dist && sha256sum * > SHA256SUMS

clean:
	rm -rf .venv

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "GloCTM needs Python 3.11 or newer: make demo PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

# The CPU build, without gigabytes of CUDA: a wheel that pip knows of locally if there is one, else by uv, which knows
# where CPU builds are kept.
define install-torch
	$(1)/pip install --quiet --no-deps --no-index $(TORCH) 2>/dev/null \
		|| { $(1)/pip install --quiet uv && $(1)/uv pip install --quiet --python $(1)/python \
			--constraint constraints.txt --torch-backend cpu $(TORCH); }
endef

.venv/torch: .venv/created constraints.txt
	$(call install-torch,$(BIN))
	touch $@

.venv/installed: .venv/torch pyproject.toml
	$(BIN)/pip install --quiet --editable ".[train,report]"
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

.venv/installed-audit: .venv/installed-dev
	$(BIN)/pip install --quiet --editable ".[audit]"
	touch $@
