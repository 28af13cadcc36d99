"""An order for a short prompt, replies to it, and the way through the service."""

from refrase.core.progress import Finished
from refrase.core.prompt import Prompt, prompt_from_text
from refrase.core.rewrite import Order
from tests.conftest import MARK

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
ACCOUNT = f"<changes-{MARK}>\nrequest-wrapped | The verb comes late.\n</changes-{MARK}>"
AFTER = "Sort {{list}} by name and give the 3 longest ones."
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n{ACCOUNT}'
LOSES = GOOD.replace("{{list}}", "the list")
LONG = PROMPT + "\n\n" + "Mind the order of the names and leave out whoever has left the club since. " * 8


def order(prompt: str | Prompt = PROMPT, **options) -> Order:
    prompt = prompt_from_text(prompt) if isinstance(prompt, str) else prompt
    return Order(prompt, options.pop("target", "kimi-k2-0905"), **options)


async def rewritten(services, *args, **options):
    seen = []
    rewrite = await services.rewriter.rewrite(order(*args, **options), seen.append)
    assert isinstance(seen[-1], Finished)
    assert seen[-1].rewrite == rewrite
    return rewrite, seen
