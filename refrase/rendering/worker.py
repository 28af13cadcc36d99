"""The guarded process: reads two texts, renders both with marker values, and tells what differs.

It limits its own time, memory and files before it looks at anything. In: one JSON object on standard input, out: one
on standard output, {syntax: {"skipped" | "broken": sentence, "lost": [name], "invented": [name]}}.
"""

import json
import sys
from typing import Any

_MOST_CPU_SECONDS = 4
_MOST_MEMORY_BYTES = 768 * 1024 * 1024


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    guard()
    from refrase.rendering.engines import ENGINES

    answer = {name: compare(ENGINES[name], question["before"], question["after"]) for name in question["syntaxes"]}
    json.dump(answer, sys.stdout)


def guard() -> None:
    """Limit what this process may take. Where the system has no such limits, its parent's clock alone guards it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_SECONDS, _MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def compare(render: Any, before: str, after: str) -> dict[str, Any]:
    """Return what *render* sees in *after* that it does not see in *before*, and the other way round."""
    try:
        was = render(before)
    except (MemoryError, RecursionError):
        return {"skipped": "the original takes too much to render"}
    except Exception as error:  # noqa: BLE001 - whatever an engine says of a stranger's template
        return {"skipped": f"the original is no template of it ({_said(error)})"}
    try:
        now = render(after)
    except (MemoryError, RecursionError):
        return {"broken": "it takes too much to render"}
    except Exception as error:  # noqa: BLE001
        return {"broken": _said(error)}
    return {"lost": sorted(was - now), "invented": sorted(now - was)}


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


if __name__ == "__main__":
    main()
