"""The guides that are shipped, read once."""

from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path

BOOK = read_guidebook(packaged_path("guides"))
