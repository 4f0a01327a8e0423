"""Settings have one source: the estimator's signature and docstring, the flags and the files repeat it exactly."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

from typer.main import get_command

from gloctm import GloCTM
from gloctm.cli.main import app
from gloctm.training.settings import SETTINGS, Settings, check_settings


def test_the_estimator_has_the_same_settings_and_defaults():
    parameters = dict(inspect.signature(GloCTM).parameters)
    assert {name: each.default for name, each in parameters.items()} == {
        name: each.default for name, each in SETTINGS.items()
    }


def test_the_estimator_documents_each_setting():
    documented = re.search(r"\n    Args:\n(.*?)\n    Attributes:", GloCTM.__doc__, re.DOTALL)
    assert sorted(re.findall(r"^        (\w+):", documented[1], re.MULTILINE)) == sorted(SETTINGS)


def test_the_command_line_has_a_flag_for_each_setting():
    flags = {parameter.name: parameter for parameter in get_command(app).commands["train"].params}
    assert flags.keys() >= SETTINGS.keys()
    assert all(flags[name].default is None for name in SETTINGS)


def test_defaults_are_valid():
    assert check_settings(vars(Settings())) == vars(Settings())


def test_settings_presets_and_callbacks_need_no_torch():
    code = "import sys, gloctm.training; print('torch' in sys.modules, 'numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"
