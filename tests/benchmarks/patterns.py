"""Which engine runs the expressions of guides: what each takes, how fast it is, and whether it finds the same.

    python -m tests.benchmarks.patterns

Needs the folder of real prompts beside the checkout; google-re2 is tried where it is installed (it is no dependency).
"""

import re
import time
from typing import Any

import regex

from tests.benchmarks.fidelity import devset
from tests.guides_table import guides


def expressions() -> list[str]:
    """Return every expression of the shipped checks that is searched for in whole texts, once."""
    checks = [rule.check for guide in guides() for rule in guide.rules if rule.check]
    found = {one for check in checks for one in (check.pattern, check.missing, check.where, check.unless) if one}
    return sorted(found)


def compiled(engine: Any, expression: str) -> Any:
    """Return *expression* ready for use, or None where the engine does not take it."""
    try:
        return engine.compile(f"(?m){expression}")
    except engine.error:
        return None


def measure(patterns: list[Any], texts: list[str]) -> tuple[float, list[list[tuple[int, int]]]]:
    """Return the seconds that all matches of all *patterns* took, and where they are."""
    start = time.perf_counter()
    spans = [[match.span() for text in texts for match in pattern.finditer(text)] for pattern in patterns]
    return time.perf_counter() - start, spans


def main() -> None:
    """Print a row per engine."""
    engines: dict[str, Any] = {"re": re, "regex": regex}
    try:
        import re2

        engines["google-re2"] = re2
    except ImportError:
        print("google-re2 is not installed")
    texts = [text for prompt in devset().values() for text in prompt.texts]
    all_of = expressions()
    taken = {name: [compiled(engine, one) for one in all_of] for name, engine in engines.items()}
    common = [number for number in range(len(all_of)) if all(ready[number] for ready in taken.values())]
    print(f"{len(all_of)} expressions, {len(texts)} messages, {sum(map(len, texts)):,} characters")
    print(f"with look-around: {sum(bool(re.search(r'[(][?]<?[=!]', one)) for one in all_of)}; common: {len(common)}")
    first: list[Any] = []
    for name, ready in taken.items():
        mine = [pattern for pattern in ready if pattern]
        seconds_all, _ = measure(mine, texts)
        seconds_common, spans = measure([ready[number] for number in common], texts)
        first = first or spans
        same = sum(one == other for one, other in zip(first, spans, strict=True))
        print(f"{name}: takes {len(mine)} in {seconds_all:.2f} s; common {seconds_common:.2f} s, {same} as re")


if __name__ == "__main__":
    main()
