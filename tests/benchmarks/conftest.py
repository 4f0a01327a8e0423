"""Benchmarks are scripts beside each other: their tests import them as they import one another."""

import sys

from paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
