"""The code of a call sample: curl for a shell, Python for the SDK that speaks the provider's form."""

import json
from typing import Any

from msgspec import Struct

_PROMPT = "Your prompt"
# Parameters that today's SDK does not know by name travel in extra_body.
_UNNAMED = {
    "openai": frozenset(["top_k", "random_seed", "prompt_mode", "safe_prompt"]),
    "anthropic": frozenset(["temperature", "top_p", "top_k"]),
}
_KEY_MARK = "\N{KEY}"  # stands for the key in JSON until the shell's variable takes its place


class SampleCall(Struct, frozen=True):
    """What the code calls."""

    form: str
    base_url: str
    key_variable: str
    key_field: str
    key_header: str
    api_version: str
    model_field: str
    model_id: str
    parameters: dict[str, Any]

    @property
    def bears_key(self) -> bool:
        """Whether the key travels in a header."""
        return bool(self.key_variable) and not self.key_field


def curl_of(call: SampleCall) -> str:
    """Return the call as a curl command, its key a variable of the shell."""
    is_anthropic = call.form == "anthropic"
    body = {call.model_field: call.model_id, "messages": [{"role": "user", "content": _PROMPT}], **call.parameters}
    if call.key_field:
        body[call.key_field] = _KEY_MARK
    shown = json.dumps(body, indent=2, ensure_ascii=False).replace("'", "'\\''")
    shown = shown.replace(_KEY_MARK, f"'\"${call.key_variable}\"'")
    lines = [f"curl {call.base_url}/{'v1/messages' if is_anthropic else 'chat/completions'}"]
    if call.bears_key:
        header = call.key_header or "Authorization"
        scheme = "" if call.key_header else "Bearer "
        lines.append(f'-H "{header}: {scheme}${call.key_variable}"')
    if is_anthropic:
        lines.append(f'-H "anthropic-version: {call.api_version}"')
    lines += ['-H "Content-Type: application/json"', f"-d '{shown}'"]
    return " \\\n  ".join(lines)


def python_of(call: SampleCall) -> str:
    """Return the call as a Python program over the official SDK, its key read from the environment."""
    is_anthropic = call.form == "anthropic"
    package, client = ("anthropic", "Anthropic") if is_anthropic else ("openai", "OpenAI")
    key = f"os.environ[{_literal(call.key_variable)}]" if call.bears_key else '"none"'
    # An api_key is for the vendor itself: the SDK's version decides on its header. An auth_token is always a bearer.
    is_bearer_of_anthropic = is_anthropic and not call.key_header
    unsent = "" if call.bears_key or not call.key_variable else ", Omit"
    lines = ["import os", ""] if call.key_variable else []
    lines += [
        f"from {package} import {client}{unsent}",
        "",
        f"client = {client}(",
        f"    base_url={_literal(call.base_url)},",
        f"    {'auth_token' if is_bearer_of_anthropic else 'api_key'}={key},",
        ")",
        f"reply = client.{'messages' if is_anthropic else 'chat.completions'}.create(",
        *(f"    {line}," for line in _arguments(call)),
        ")",
        f"print({'reply.content[0].text' if is_anthropic else 'reply.choices[0].message.content'})",
    ]
    return "\n".join(lines)


def _arguments(call: SampleCall) -> list[str]:
    unnamed = _UNNAMED[call.form]
    body = {name: _literal(value) for name, value in call.parameters.items() if name in unnamed}
    model = _literal(call.model_id)
    if call.model_field != "model":
        body = {call.model_field: model, **body}
        model = "Omit()"
    if call.key_field:
        body[call.key_field] = f"os.environ[{_literal(call.key_variable)}]"
    lines = [f"model={model}", f'messages=[{{"role": "user", "content": {_literal(_PROMPT)}}}]']
    lines += [f"{name}={_literal(value)}" for name, value in call.parameters.items() if name not in unnamed]
    if body:
        lines.append(f"extra_body={{{', '.join(f'{_literal(name)}: {value}' for name, value in body.items())}}}")
    if call.key_field:
        lines.append('extra_headers={"Authorization": Omit()}')
    return lines


def _literal(value: Any) -> str:
    """Return *value* of JSON as Python writes it, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(name)}: {_literal(part)}' for name, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
