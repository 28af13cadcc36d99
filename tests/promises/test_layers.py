"""Imports go down only, and each third party stays in its room (.importlinter says which)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_layers_hold():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_module_is_longer_than_the_cap():
    long = {
        str(path): count
        for path in (ROOT / "refrase").rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 300
    }
    assert long == {}
