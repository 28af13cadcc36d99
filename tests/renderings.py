"""Two templates rendered beside each other, and loops that never end."""

from contextlib import aclosing

from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Finding
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.rendering import Rendering


async def check(engine: str, before: str, after: str, **options) -> tuple[Finding, ...]:
    terms = Terms(frozenset({Syntax(engine)}))
    async with aclosing(Rendering(**options)) as rendering:
        return await rendering.check(prompt_from_text(before), prompt_from_text(after), terms)


def told(findings: tuple[Finding, ...]) -> list[str]:
    """Return each finding in a word, a value with its name."""
    return sorted(f"{finding.kind} {finding.value}".rstrip() for finding in findings)


LOOP_OF_JINJA = "{% for i in range(99999) %}{% for j in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
LOOP_OF_LIQUID = "{% for i in (1..1000000000) %}{{ a }}{% endfor %}"
# Whether a hostile template is refused by its engine, runs out of memory or out of time depends on the machine.
STOPPED = {"template_broken", "template_not_rendered"}
