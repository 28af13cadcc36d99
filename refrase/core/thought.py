"""Thoughts that stand in a reply. Servers of open models leave them there unless they are told to take them out.

Templates may open them, as those of Kimi K2.5 and later do, so that the reply has the closing tag alone.
"""

import re

_OPENER, _CLOSER = "<think>", "</think>"
# What begins the form of a reply, perhaps behind a word of greeting.
_BEFORE_FORM = re.compile(r"</think>[^<]{0,300}<(?:edits|edit|message|advice|changes)-(\w+)")


def without_thoughts(text: str, mark: str) -> str:
    """Return the reply *text* from where its thoughts end; "" where they were opened and do not end.

    Thoughts may draft the form, and they and a prompt may speak of these tags. So thoughts end at the last closing tag
    that the form follows, told by its *mark*; else, where the reply begins with them, at the first one.
    """
    ends = [match.start() + len(_CLOSER) for match in _BEFORE_FORM.finditer(text) if match[1] == mark]
    if ends:
        return text[ends[-1] :]
    return text[thoughts_end(text) :]


def thoughts_end(text: str) -> int:
    """Return where the thoughts end that *text* begins with: 0 where it begins with none, its end while they go on."""
    if not text.lstrip().startswith(_OPENER):
        return 0
    end = text.find(_CLOSER)
    return end + len(_CLOSER) if end >= 0 else len(text)


def may_think(text: str) -> bool:
    """Return whether the beginning of a reply has come to no text yet: to nothing, or to thoughts that go on."""
    return _OPENER.startswith(text.lstrip()) or thoughts_end(text) == len(text)
