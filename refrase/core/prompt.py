"""A prompt: one message or several, each with its role and its text, kept exactly as it came."""

from msgspec import Struct

from refrase.errors import NotText, PromptEmpty, PromptTooLarge

# The role of a text that came without one: a file of a library, a paste.
UNSTATED_ROLE = "prompt"
# What others said is material, an example or a result: only instructions are linted, fixed and rewritten.
LOCKED_ROLES = frozenset({"assistant", "tool", "function"})


class Span(Struct, frozen=True):
    """A stretch of one message: characters (code points) `start` up to, not including, `end`."""

    start: int
    end: int
    message: int = 0


class Message(Struct, frozen=True):
    """One message of a prompt. `role` is system, user, assistant, tool, developer, or prompt where unstated."""

    text: str
    role: str = UNSTATED_ROLE


class Prompt(Struct, frozen=True):
    """What is rewritten: messages whose number, order and roles never change."""

    messages: tuple[Message, ...]

    @property
    def characters(self) -> int:
        """Length over all messages, in characters."""
        return sum(len(message.text) for message in self.messages)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the messages, in order."""
        return tuple(message.text for message in self.messages)

    def with_texts(self, texts: tuple[str, ...]) -> "Prompt":
        """Return the same messages with other texts; their number must be the same."""
        pairs = zip(self.messages, texts, strict=True)
        return Prompt(tuple(Message(text, message.role) for message, text in pairs))


def prompt_from_text(text: str, role: str = UNSTATED_ROLE) -> Prompt:
    """Return the prompt of one message."""
    return Prompt((Message(text, role),))


def check_prompt(prompt: Prompt, *, max_prompt_bytes: int) -> None:
    """Refuse a prompt that cannot be rewritten: empty, too large, or not storable as text.

    Raises PromptEmpty, PromptTooLarge or NotText. NUL and unpaired surrogates are refused because neither
    PostgreSQL nor UTF-8 can hold them, so the pair could not be kept byte for byte.
    """
    if not any(text.strip() for text in prompt.texts):
        raise PromptEmpty("The prompt is empty.")
    size_bytes = 0
    for number, text in enumerate(prompt.texts, 1):
        where = f"message {number} of the prompt" if len(prompt.messages) > 1 else "The prompt"
        if "\0" in text:
            raise NotText(f"{where} holds a NUL character: it is binary data, not text.")
        try:
            size_bytes += len(text.encode())
        except UnicodeEncodeError as error:
            raise NotText(f"{where} holds half of a surrogate pair at character {error.start}.") from None
    if size_bytes > max_prompt_bytes:
        raise PromptTooLarge(
            f"The prompt has {size_bytes:,} bytes; this installation takes up to {max_prompt_bytes:,}."
        )
