"""The instruction to the engine, rendered from Jinja templates.

The system message (task and the target's whole guide) is the same for every prompt of a target, so that prefix
caches hold. The prompt travels quoted in the last message, behind tags that carry a mark drawn per request; the
task is restated after it.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from msgspec import Struct

from refrase.core.body import body_of
from refrase.core.draft import Case, Draft
from refrase.core.handle import Handles, show_locks
from refrase.core.lock import Lock, lines_of
from refrase.core.prompt import UNSTATED_ROLE, Prompt
from refrase.core.rewrite import Finding, Form
from refrase.core.selection import Selected, with_evidence
from refrase.core.target import Target
from refrase.instructions.room import Room, room_for

# A reply with more faults than these is not mended by a longer list of them.
_MOST_FINDINGS = 12
_MOST_GUIDES = 300
_LINK = re.compile(r"\[([^\]]+)\]\(https?://\S+?\)(?=[\s.,;:)]|$)")


class QuotedMessage(Struct, frozen=True):
    """One message as it travels: its text, and its role where it has one."""

    text: str
    role: str


class Quoted(Struct, frozen=True):
    """A prompt as it travels, with the handles on what is locked in it."""

    messages: tuple[QuotedMessage, ...]
    handles: Handles


class Instructions:
    """Renders what the engine is asked. `version` is the hash of all templates.

    The target's guide takes up to *max_guide_tokens*, the task around it included.
    """

    def __init__(self, *, max_guide_tokens: int = 30_000) -> None:
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
        self._max_guide_tokens = max_guide_tokens
        # By target and version of its guide; a service knows a hundred targets, and a guide changes now and then.
        self._guides: OrderedDict[tuple[str, str], tuple[Room, str]] = OrderedDict()

    def system(self, target: Target) -> str:
        """Return the system message for *target*: the task and its guide, the same for every prompt."""
        return self._guide(target)[1]

    def left_out(self, target: Target) -> tuple[str, ...]:
        """Return the ids of the rules that the system message for *target* has no room for."""
        return self._guide(target)[0].left_out

    def quote(self, case: Case) -> Quoted:
        """Return the messages as they travel: without outer white space; whole texts with handles for locks."""
        messages: list[QuotedMessage] = []
        blocks: list[str] = []
        homes: list[int] = []
        for number, message in enumerate(case.prompt.messages):
            body = body_of(message.text)
            text = body.text
            if case.form is Form.WHOLE:
                own = [lock for lock in case.locks if lock.span.message == number]
                text, shown = show_locks(body, message.text, own, len(blocks) + 1, case.mark)
                blocks += shown
                homes += [number] * len(shown)
            messages.append(QuotedMessage(text, "" if message.role == UNSTATED_ROLE else message.role))
        return Quoted(tuple(messages), Handles(case.mark, tuple(blocks), tuple(homes)))

    def request(
        self,
        case: Case,
        quoted: Quoted,
        *,
        selected: Sequence[Selected],
        findings: Sequence[Finding],
        left_out: Sequence[str] = (),
    ) -> str:
        """Return the last message: the prompt quoted, which rules apply, the task restated, the reply's form.

        Of the rules *left_out* of the system message those that the prompt gives evidence for stand here.
        """
        missing = frozenset(left_out) - with_evidence(selected, findings)
        applicable = [item for item in selected if item.applies and item.rule.id not in missing]
        evidence = [{"finding": finding, "line": _line_of(case.prompt, finding)} for finding in findings]
        return self._render(
            "request.j2",
            messages=quoted.messages,
            always=[item.rule.id for item in applicable if not item.rule.when],
            because=[item for item in applicable if item.rule.when],
            added=[item.rule for item in applicable if item.rule.id in left_out],
            evidence=evidence,
            mode=case.mode,
            form=case.form,
            mark=case.mark,
            lock_count=len(quoted.handles.blocks),
            locked=[_told_lock(case.prompt, lock) for lock in case.locks] if case.form is Form.EDITS else [],
            example_rule=_example_rule(applicable),
        )

    def repair(self, case: Case, draft: Draft, *, selected: Sequence[Selected]) -> str:
        """Return the message that names what a reply lost or got wrong, and asks for no more than that once more."""
        return self._render(
            "repair.j2",
            findings=draft.refusals[:_MOST_FINDINGS],
            more=max(0, len(draft.refusals) - _MOST_FINDINGS),
            ask=draft.ask,
            standing=len(draft.standing),
            form=draft.form,
            mark=case.mark,
            message_count=len(case.prompt.messages),
            lock_count=0,
            example_rule=_example_rule(selected),
        )

    def _guide(self, target: Target) -> tuple[Room, str]:
        """Return what of the guide has room in the system message, and that message; it takes long to write."""
        key = target.id, target.guide.version
        if key not in self._guides:
            room = room_for(target, self._max_guide_tokens, lambda tried: self._system(target, tried))
            self._guides[key] = room, self._system(target, room)
            if len(self._guides) > _MOST_GUIDES:
                self._guides.popitem(last=False)
        return self._guides[key]

    def _system(self, target: Target, room: Room) -> str:
        return self._render("system.j2", target=target, room=room)

    def _render(self, name: str, **values: object) -> str:
        return self._environment.get_template(name).render(**values)


def _example_rule(selected: Sequence[Selected]) -> str:
    return next((item.rule.id for item in selected if item.applies), "")


def _told_lock(prompt: Prompt, lock: Lock) -> str:
    first, last = lines_of(prompt.texts[lock.span.message], lock)
    lines = f"line {first}" if first == last else f"lines {first} to {last}"
    return f"{lines}{f' of message {lock.span.message + 1}' if len(prompt.messages) > 1 else ''} ({lock.kind})"


def _line_of(prompt: Prompt, finding: Finding) -> int | None:
    if finding.before is None:
        return None
    return prompt.texts[finding.before.message].count("\n", 0, finding.before.start) + 1
