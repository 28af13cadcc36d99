"""The instruction to the engine, rendered from Jinja templates.

The system message (task and the target's whole guide) is the same for every prompt of a target, so that prefix
caches hold. The prompt travels quoted in the last message, behind tags that carry a mark drawn per request; the
task is restated after it.
"""

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

from refrase.core.body import body_of
from refrase.core.prompt import UNSTATED_ROLE, Prompt
from refrase.core.rewrite import Finding, Form, Mode
from refrase.core.selection import Selected
from refrase.core.target import Target

_LINK = re.compile(r"\[([^\]]+)\]\(https?://\S+?\)(?=[\s.,;:)]|$)")


class Instructions:
    """Renders what the engine is asked. `version` is the hash of all templates."""

    def __init__(self) -> None:
        folder = files("refrase.instructions") / "templates"
        sources = {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".j2")}
        joined = "\0".join(f"{name}\0{sources[name]}" for name in sorted(sources))
        self.version = hashlib.sha256(joined.encode()).hexdigest()[:12]
        self._environment = Environment(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - plain text for a model, never HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["unlinked"] = lambda text: _LINK.sub(r"\1", text)

    def system(self, target: Target) -> str:
        """Return the system message for *target*: the task and its whole guide."""
        return self._render("system.j2", target=target)

    def request(
        self,
        prompt: Prompt,
        *,
        selected: Sequence[Selected],
        findings: Sequence[Finding],
        mode: Mode,
        form: Form,
        mark: str,
    ) -> str:
        """Return the last message: the prompt quoted, which rules apply, the task restated, the reply's form."""
        messages = [
            {"text": body_of(message.text).text, "role": "" if message.role == UNSTATED_ROLE else message.role}
            for message in prompt.messages
        ]
        evidence = [{"finding": finding, "line": _line_of(prompt, finding)} for finding in findings]
        applicable = [item for item in selected if item.applies]
        return self._render(
            "request.j2",
            messages=messages,
            applicable=applicable,
            evidence=evidence,
            mode=mode,
            form=form,
            mark=mark,
            example_rule=_example_rule(selected),
        )

    def repair(
        self, prompt: Prompt, *, selected: Sequence[Selected], findings: Sequence[Finding], form: Form, mark: str
    ) -> str:
        """Return the message that names what a reply lost or got wrong and asks for it once more."""
        return self._render(
            "repair.j2",
            findings=findings,
            form=form,
            mark=mark,
            message_count=len(prompt.messages),
            example_rule=_example_rule(selected),
        )

    def _render(self, name: str, **values: object) -> str:
        return self._environment.get_template(name).render(**values)


def _example_rule(selected: Sequence[Selected]) -> str:
    return next((item.rule.id for item in selected if item.applies), "")


def _line_of(prompt: Prompt, finding: Finding) -> int | None:
    if finding.before is None:
        return None
    return prompt.texts[finding.before.message].count("\n", 0, finding.before.start) + 1
