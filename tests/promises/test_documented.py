"""What a user can set, meet or call is told in the docs, and the docs tell nothing else."""

import inspect
import re
from pathlib import Path

import msgspec
import pytest

from refrase import errors
from refrase.api.problems import _CODES
from refrase.core.engine import FailureKind
from refrase.core.rewrite import Outcome
from refrase.engine.providers import read_providers
from refrase.settings import Settings
from tests.conformance import BEHAVIOURS, PAGE, all_tests, page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "refrase" / "docs"


def error_classes() -> list[type[errors.RefraseError]]:
    found = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, errors.RefraseError)]
    return [item for item in found if not item.__subclasses__() and item is not errors.EngineFailed]


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Settings) if field.name != "secrets"])
def test_every_setting_is_told(name):
    assert f"`REFRASE_{name.upper()}`" in (DOCS / "settings.md").read_text("utf-8")


def test_the_docs_tell_no_setting_that_does_not_exist():
    told = set(re.findall(r"`REFRASE_([A-Z_]+)`", (DOCS / "settings.md").read_text("utf-8")))
    known = {field.name.upper() for field in msgspec.structs.fields(Settings)} | {"ENGINE_API_KEY"}
    assert told <= known


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.code)
def test_every_error_code_is_the_class_name_and_told(error):
    assert error.code == re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()
    assert f"`{error.code}`" in (DOCS / "errors.md").read_text("utf-8")


def test_every_code_of_an_engine_and_of_http_is_told():
    text = (DOCS / "errors.md").read_text("utf-8")
    for code in [f"engine_{kind}" for kind in FailureKind] + [*_CODES.values(), "internal_error", "host_not_allowed"]:
        assert f"`{code}`" in text


def test_every_outcome_and_exit_code_is_told():
    text = (DOCS / "cli.md").read_text("utf-8")
    for outcome in Outcome:
        assert f"`{outcome}`" in text
    for name, value in inspect.getmembers(errors):
        if name.startswith("EXIT_"):
            assert re.search(rf"^\| {value} \|", text, re.MULTILINE), name


def test_every_provider_is_told():
    text = (DOCS / "providers.md").read_text("utf-8")
    for name in read_providers():
        assert f"`{name}`" in text


def test_every_finding_kind_is_told():
    text = (DOCS / "findings.md").read_text("utf-8")
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "refrase").rglob("*.py"))
    written = set(re.findall(r'(?:Finding|_fault)\(\s*(?:kind=)?"([a-z_]+)"', source))
    written |= set(re.findall(r'faults\.append\(\("([a-z_]+)"', source))
    assert len(written) > 10
    for kind in written:
        assert f"`{kind}`" in text, kind


def test_every_decision_has_its_parts():
    for path in (DOCS / "decisions").glob("[0-9]*.md"):
        text = path.read_text("utf-8")
        for part in ("## Context", "## Decision", "## Consequences", "## Alternatives"):
            assert part in text, f"{path.name} lacks {part}"


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *DOCS.rglob("*.md"), ROOT / "guides" / "README.md"], ids=lambda path: path.name
)
def test_links_between_files_lead_somewhere(path):
    for link in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / link).exists(), link


def test_the_table_of_conformance_is_what_the_tests_are():
    assert PAGE.read_text("utf-8") == page()
    assert set(BEHAVIOURS) == set(all_tests())
