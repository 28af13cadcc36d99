"""What is committed speaks of the project alone: no path of a machine, no registry's host, no secret."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = {
    ".ci",
    ".gitignore",
    ".importlinter",
    ".pre-commit-hooks.yaml",
    "README.md",
    "guides",
    "migrations",
    "pyproject.toml",
    "refrase",
    "requirements.lock",
    "run",
    "tests",
}


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines()]


def texts(paths: list[Path]):
    for path in paths:
        if "static/vendor" in path.as_posix():
            continue
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_the_top_level_is_what_was_agreed(committed):
    assert {path.relative_to(ROOT).parts[0] for path in committed} <= TOP


def test_lock_files_name_no_host(committed):
    for path in committed:
        if path.suffix == ".lock":
            assert not re.search(r"https?://|file://|index-url|find-links", path.read_text("utf-8"))


def test_no_path_of_a_machine_is_committed(committed):
    for path, text in texts(committed):
        assert not re.search(r"(?<![\w./])/(?:home|root|work|Users)/\w", text), path


def test_no_registry_host_is_committed(committed):
    pattern = "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "deb" + r"\.debian"))
    for path, text in texts(committed):
        assert not re.search(pattern, text), path


def test_vendored_files_are_the_ones_their_readme_names():
    import hashlib

    folder = ROOT / "refrase" / "web" / "static" / "vendor"
    table = (folder / "README.md").read_text("utf-8")
    for path in [*folder.glob("*.js"), *folder.glob("*.css")]:
        assert f"| {path.name} |" in table
        assert hashlib.sha256(path.read_bytes()).hexdigest() in table
