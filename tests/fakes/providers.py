"""Fake providers that are as strict as their documents say: each refuses what the real one refuses.

Every class says what it checks in a request and where its replies differ from OpenRouter's, of which Upstream is the
fake; the facts and pages stand in refrase/engine/providers.toml and refrase/docs/providers.md.
"""

import json
from typing import Any

from refrase.engine.providers import read_providers
from tests.fakes.upstream import Refuse, Say, Step, Upstream, body_in, event_in, json_in, start_stream


class Strict(Upstream):
    """A provider that looks at each request before it plays its script."""

    key = "sk-test-0123456789abcdef"
    models = ("moonshotai/kimi-k2-0905", "another-model")
    count_path = ""

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        if path.endswith("/models"):
            await self._list_models(scope, send)
        elif self.count_path and path.endswith(self.count_path):
            await self._count(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _list_models(self, scope: dict[str, Any], send: Any) -> None:
        told = {"object": "model", "type": "model", "created": 1, "created_at": "2025-09-05T00:00:00Z"}
        data = [{**told, "id": model, "display_name": model} for model in self.models]
        is_known = self.knows({}, _headers_of(scope))
        await json_in(send, 200 if is_known else 401, {"object": "list", "data": data, "has_more": False})

    async def _count(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = json.loads(await body_in(receive))
        if not self.knows(request, _headers_of(scope)) or not request["messages"] or "stream" in request:
            await json_in(send, 400, {"error": {"message": "this fake wants a key and messages alone"}})
            return
        await json_in(send, 200, self.counted(31))

    def knows(self, request: dict[str, Any], headers: dict[str, str]) -> bool:
        """Return whether who asks has a key, where one is wanted."""
        return headers.get("authorization") == f"Bearer {self.key}"

    def counted(self, tokens: int) -> dict[str, Any]:
        """Return the reply of what counts tokens, as Moonshot's documents say."""
        return {"data": {"total_tokens": tokens}}

    def fault(self, request: dict[str, Any], headers: dict[str, str]) -> Step | None:
        """Return the refusal that this request gets, or None."""
        if not self.knows(request, headers):
            return Refuse(401, {"type": "invalid_authentication_error", "message": "Invalid Authentication"})
        return None

    async def _play(self, step: Step, request: dict[str, Any], send: Any) -> None:
        await super()._play(self.fault(request, self.headers[-1]) or self.dressed(step), request, send)

    def dressed(self, step: Step) -> Step:
        """Return the step in this provider's own shape."""
        return step


def _headers_of(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["headers"]}


class OpenRouter(Strict):
    """Attribution header, usage and cost without being asked; of routing only what its page names."""

    routing = frozenset(["order", "only", "sort", "max_price", "data_collection", "require_parameters"])

    def fault(self, request, headers):
        if not self.routing.issuperset(request.get("provider", {})):
            return Refuse(400, {"message": "unrecognised routing", "code": 400})
        if "x-openrouter-title" not in headers:
            return Refuse(400, {"message": "no title", "code": 400})
        if not 0 <= request.get("temperature", 1) <= 2:
            return Refuse(400, {"message": "temperature out of range", "code": 400})
        return super().fault(request, headers)


class Haimaker(Strict):
    """OpenAI's shape; counts the tokens of a stream only where it is asked to."""

    def fault(self, request, headers):
        if request["stream"] != bool(request.get("stream_options", {}).get("include_usage")):
            return Refuse(400, {"message": "this fake wants to be asked for the usage"})
        return super().fault(request, headers)

    def dressed(self, step):
        if isinstance(step, Say):
            step.usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        return step


class Moonshot(Strict):
    """K2.5 and later refuse any temperature, older ones above 1; the limit has its own field; usage in the choice."""

    thoughts_field = "reasoning_content"
    models = ("kimi-k2.6", "kimi-k3")
    window_tokens = 262_144
    count_path = "/tokenizers/estimate-token-count"

    def fault(self, request, headers):
        model = request["model"]
        temperature = request.get("temperature")
        if model.startswith(("kimi-k2.", "kimi-k3")) and temperature is not None:
            return self._invalid(f"invalid temperature: only 1 is allowed for {model}")
        if temperature is not None and not 0 <= temperature <= 1:
            return self._invalid("invalid temperature")
        if "max_tokens" in request or "max_completion_tokens" not in request:
            return self._invalid("max_completion_tokens is missing")
        # At least so many tokens: none of what a test sends is longer than six characters on average.
        written = sum(len(message["content"]) for message in request["messages"]) // 6
        if written + request["max_completion_tokens"] > self.window_tokens:
            return self._invalid("prompt and max_completion_tokens exceed the window")
        if any(message.get("partial") for message in request["messages"][:-1]):
            return self._invalid("partial belongs to the last message")
        return super().fault(request, headers)

    def dressed(self, step):
        if isinstance(step, Say):
            step.usage = {"prompt_tokens": 1000, "completion_tokens": 100, "cached_tokens": 800}
            step.usage_in_choice = True
        return step

    @staticmethod
    def _invalid(message: str) -> Refuse:
        return Refuse(400, {"type": "invalid_request_error", "message": message})


class ModelsLab(Strict):
    """Key and model stand in the body; no header of authorisation, no `model`; anybody may ask for its models."""

    models = ("moonshotai-kimi-k2-0905",)

    def knows(self, request, headers):
        return "authorization" not in headers

    def fault(self, request, headers):
        if "authorization" in headers:
            return Refuse(400, {"message": "unexpected header"})
        if request.get("key") != self.key:
            return Refuse(401, {"message": "Invalid API key"})
        if "model" in request or request.get("model_id") != "moonshotai-kimi-k2-0905":
            return Refuse(400, {"message": "model_id is missing"})
        if request.get("max_tokens", 0) <= 1000:
            return Refuse(400, {"message": "this fake wants its small default overridden"})
        return None

    def dressed(self, step):
        if isinstance(step, Say):
            step.usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        return step


class Groq(Strict):
    """Usage stands under x_groq in the last chunk, at the top of a whole reply."""

    models = ("moonshotai/kimi-k2-instruct-0905",)

    def dressed(self, step):
        if isinstance(step, Say):
            step.usage = None
            step.extra_last = {"x_groq": {"usage": {"prompt_tokens": 1000, "completion_tokens": 100}}}
        return step

    async def _say_whole(self, step, text, send):
        step.usage, step.extra_last = step.extra_last["x_groq"]["usage"], {}
        await super()._say_whole(step, text, send)


class Fixed(Strict):
    """A host of K2.6: refuses any temperature, wants thinking switched off."""

    thoughts_field = "reasoning_content"
    models = ("accounts/fireworks/models/kimi-k2p6", "moonshotai/Kimi-K2.6")

    def fault(self, request, headers):
        if "temperature" in request:
            return Refuse(400, {"message": "temperature is fixed"})
        return super().fault(request, headers)


class OwnServer(Strict):
    """A server of one's own (vLLM and its like): no key, max_tokens, usage where asked for, thoughts in the text."""

    thoughts_field = ""
    models = ("moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-0905")

    def knows(self, request, headers):
        return "authorization" not in headers

    def fault(self, request, headers):
        if "authorization" in headers:
            return Refuse(400, {"message": "no key was set up"})
        if not request.get("max_tokens"):
            return Refuse(400, {"message": "max_tokens is missing"})
        return None


class Forbidding(OwnServer):
    """TensorRT-LLM: as a server of one's own; it refuses fields that it does not know."""

    def fault(self, request, headers):
        known = {"messages", "model", "stream", *read_providers()["tensorrt-llm"].takes}
        if unknown := request.keys() - known:
            return Refuse(400, {"message": f"Extra inputs are not permitted: {', '.join(unknown)}"})
        return super().fault(request, headers)


class Messages(Strict):
    """Anthropic's form: events of messages, the system prompt beside them, reasons and usage in words of its own."""

    def fault(self, request, headers):
        if not self.path.endswith("/v1/messages"):
            return Refuse(404, {"type": "not_found_error", "message": self.path})
        if any(message["role"] == "system" for message in request["messages"]) or not request.get("system"):
            return self._invalid("system stands beside the messages")
        if not request.get("max_tokens") or "stream_options" in request:
            return self._invalid("max_tokens is missing, or a field of another form is there")
        if request["messages"][-1]["content"] != request["messages"][-1]["content"].rstrip():
            return self._invalid("final assistant content cannot end with trailing whitespace")
        return super().fault(request, headers)

    @staticmethod
    def _invalid(message: str) -> Refuse:
        return Refuse(400, {"type": "invalid_request_error", "message": message})

    async def _play(self, step, request, send):
        step = self.fault(request, self.headers[-1]) or step
        if isinstance(step, Refuse):
            await json_in(send, step.status, {"type": "error", "error": step.error}, step.headers)
            return
        assert isinstance(step, Say)
        text = step.text(as_chat(request)) if callable(step.text) else step.text
        reason = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}[step.finish_reason]
        usage = {"input_tokens": 200, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 0}
        message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "kimi-answered"}
        await start_stream(send)
        await event_in(send, {"type": "message_start", "message": {**message, "usage": {**usage, "output_tokens": 1}}})
        if step.thoughts:
            await self._block(send, 0, "thinking", step.thoughts)
        await event_in(send, {"type": "ping"})
        await self._block(send, int(bool(step.thoughts)), "text", text)
        last = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 100}}
        await event_in(send, last)
        await event_in(send, {"type": "message_stop"})
        await send({"type": "http.response.body", "body": b""})

    async def _block(self, send: Any, index: int, kind: str, text: str) -> None:
        at = {"index": index}
        await event_in(send, {"type": "content_block_start", **at, "content_block": {"type": kind, kind: ""}})
        for start in range(0, len(text), 24):
            delta = {"type": f"{kind}_delta", kind: text[start : start + 24]}
            await event_in(send, {"type": "content_block_delta", **at, "delta": delta})
        await event_in(send, {"type": "content_block_stop", **at})


def as_chat(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request of Anthropic's form in the other one, for the scribe."""
    return {**request, "messages": [{"role": "system", "content": request["system"]}, *request["messages"]]}


class MoonshotMessages(Messages):
    """Refuses a temperature above 1, and any for K2.5 and later."""

    models = ("kimi-k2.6",)

    def fault(self, request, headers):
        temperature = request.get("temperature")
        if temperature is not None and (request["model"].startswith("kimi-k2.") or not 0 <= temperature <= 1):
            return self._invalid("invalid temperature")
        return super().fault(request, headers)


class ModelsLabMessages(Messages):
    """Key and model stand in the body; anybody may ask for its models."""

    models = ("moonshotai-kimi-k2-0905",)
    count_path = "/v1/messages/count_tokens"

    def knows(self, request, headers):
        is_about_one = "model_id" in request and "model" not in request and request.get("key") == self.key
        return "authorization" not in headers and (not request or is_about_one)

    def counted(self, tokens):
        return {"input_tokens": tokens}

    def fault(self, request, headers):
        if request.get("key") != self.key:
            return Refuse(401, {"type": "authentication_error", "message": "Invalid API key"})
        if "authorization" in headers or "model" in request or "model_id" not in request:
            return self._invalid("model_id is missing, or a header is there")
        return super().fault(request, headers)
