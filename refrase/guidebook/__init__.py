"""The guidebook: guides read from their Markdown, checked, versioned by content, found by any name of a model."""

from refrase.guidebook.book import Guidebook, read_guidebook
from refrase.guidebook.form import parse_guide
from refrase.guidebook.rules import Fault

__all__ = ("Fault", "Guidebook", "parse_guide", "read_guidebook")
