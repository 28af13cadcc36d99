"""Replies that are refused and replies that mend them, and what is told of a rewrite."""

from refrase.core.progress import Finished
from refrase.core.prompt import Prompt, prompt_from_text
from refrase.core.rewrite import Order, Severity
from tests.conftest import MARK
from tests.fakes.upstream import Upstream

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."
REST = "Mind the order of the names and leave out whoever has left the club since. " * 8
LONG = f"{PROMPT}\n\nPlease be so kind as to greet {{{{reader}}}} first.\n\nThen kindly write a farewell.\n\n{REST}"


def whole(text: str, *more: str) -> str:
    messages = "\n".join(
        f'<message-{MARK} n="{number}">\n{told}\n</message-{MARK}>' for number, told in enumerate((text, *more), 1)
    )
    return f'{messages}\n<changes-{MARK}>\nrequest-wrapped | "Sort" | The verb comes late.\n</changes-{MARK}>'


def edits(*pairs: tuple[str, str]) -> str:
    told = "".join(
        f'<edit-{MARK} rule="request-wrapped">\n<old-{MARK}>{old}</old-{MARK}>\n<new-{MARK}>{new}</new-{MARK}>\n'
        f"<why-{MARK}>The verb comes late.</why-{MARK}>\n</edit-{MARK}>\n"
        for old, new in pairs
    )
    return f"<edits-{MARK}>\n{told}</edits-{MARK}>"


GOOD = ("I want you to sort", "Sort")
KIND = ("Then kindly write a farewell.", "Then write a farewell.")
LOSES = ("Please be so kind as to greet {{reader}} first.", "Greet the reader first.")
MENDED = ("Please be so kind as to greet {{reader}} first.", "Greet {{reader}} first.")


async def rewritten(services, prompt: str | Prompt = LONG, **options):
    seen = []
    prompt = prompt_from_text(prompt) if isinstance(prompt, str) else prompt
    order = Order(prompt, "kimi-k2-0905", **options)
    rewrite = await services.rewriter.rewrite(order, seen.append)
    assert seen[-1] == Finished(rewrite)
    stored, _ = await services.history.get(rewrite.id)
    assert stored == rewrite
    return rewrite, seen


def turns(upstream: Upstream) -> list[list[dict]]:
    return [request["messages"] for request in upstream.requests]


def asked(upstream: Upstream, number: int) -> str:
    return turns(upstream)[number][-1]["content"]


def kinds(rewrite) -> list[str]:
    return [finding.kind for finding in rewrite.findings if finding.kind != "guide_rule"]


def blocking(rewrite) -> list[str]:
    return [finding.kind for finding in rewrite.findings if finding.severity is Severity.BLOCKING]
