"""What a tag of a template does: it opens a block, closes one, parts one, begins a message, or stands alone."""

import re
from enum import StrEnum


class Role(StrEnum):
    """What a tag of a template does."""

    OPEN = "open"
    CLOSE = "close"
    BRANCH = "branch"
    MESSAGE = "message"  # begins a message of its own: {{role "user"}}
    LEAF = "leaf"  # calls, includes, assigns, comments


_OPENERS = frozenset(
    (
        "if for block macro call filter with raw autoescape case unless capture tablerow comment trans spaceless "
        "cache switch asyncEach asyncAll generation verbatim paginate"
    ).split()
)
_BRANCHES = frozenset(["else", "elif", "elsif", "elseif", "elsif", "when", "default", "empty", "pluralize"])
_GO_OPENERS = frozenset(["if", "range", "with", "define", "block"])
_WORD = re.compile(r"[-+~]?\s*([\w^]+)")
_ERB_OPEN = re.compile(r"^(?:if|unless|for|while|case|begin)\b|\bdo(?:\s*\|[^|]*\|)?$|\{$")
_ERB_BRANCH = re.compile(r"^\}?\s*(?:else|elsif|elif|when|rescue|ensure)\b")


def role_of(value: str) -> Role | None:  # noqa: PLR0911, PLR0912 - one line per form of tag
    """Return what the tag *value* does in its template; None where it is filled in."""
    if value.startswith("{%"):
        return _statement_role(value)
    if value.startswith("{#"):
        return Role.LEAF
    if value.startswith("<%"):
        return _erb_role(value)
    if value.startswith("{{{") or not value.startswith("{{"):
        return None
    inner = value[2:-2].strip().strip("~-").strip()
    if inner.startswith("=") and inner.endswith("="):
        return Role.LEAF
    if inner.startswith(("#", "^")) and len(inner) > 1:
        return None if inner.startswith("#") and inner.endswith("#") else Role.OPEN
    if inner.startswith("/"):
        return Role.CLOSE
    if inner.startswith((">", "!", "&lt;")):
        return Role.LEAF
    word = re.match(r"[\w^]+", inner)
    if word is None:
        return None
    name, rest = word.group(), inner[word.end() :]
    if name in {"else", "^"} and (not rest or rest.startswith(" ")):
        return Role.BRANCH
    if name == "end" and not rest.strip():
        return Role.CLOSE
    if name in _GO_OPENERS and rest.startswith(
        (" .", " $", ' "', " (", " eq", " ne", " not", " and", " or", " gt", " lt")
    ):
        return Role.OPEN
    if name == "template" and rest.startswith(' "'):
        return Role.LEAF
    if name in {"role", "section"} and rest.lstrip().startswith(('"', "'")):
        return Role.MESSAGE
    if name == "history" and not rest.strip():
        return Role.MESSAGE
    return None


def _statement_role(value: str) -> Role:
    word = _WORD.match(value[2:-2])
    name = word.group(1) if word else ""
    if name.startswith("end"):
        return Role.CLOSE
    if name in _BRANCHES:
        return Role.BRANCH
    if name == "set":
        return Role.LEAF if "=" in value else Role.OPEN
    return Role.OPEN if name in _OPENERS else Role.LEAF


def _erb_role(value: str) -> Role | None:
    inner = value[2:-2].strip().strip("-=").strip()
    if inner == "end" or inner.startswith("}"):
        return Role.BRANCH if _ERB_BRANCH.match(inner) else Role.CLOSE
    if value.startswith("<%="):
        return None
    if inner.startswith("#"):
        return Role.LEAF
    if _ERB_BRANCH.match(inner):
        return Role.BRANCH
    if _ERB_OPEN.search(inner):
        return Role.OPEN
    return None if value.startswith("<%-") else Role.LEAF
