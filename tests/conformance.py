"""The table of refrase/docs/conformance.md, written from the tests themselves: what each provider's fake checks.

./run python -m tests.conformance      writes it anew
"""

from pathlib import Path
from typing import Any

from refrase.engine.providers import read_providers
from tests.integration import test_provider_quirks, test_providers

PAGE = Path(__file__).parents[1] / "refrase" / "docs" / "conformance.md"
_DOCS = "https://github.com/OpenRouterTeam/docs/blob/main/api_reference"
_HELP = "https://github.com/MoonshotAI/kimi-help-center/blob/main/en-US/kimi-api"
_SKILL = "https://github.com/anthropics/skills/blob/main/skills/claude-api/shared/error-codes.md"
# test: what it shows, the page that says so, and the providers where its parameters do not name them
BEHAVIOURS = {
    "test_a_prompt_is_rewritten_through_it": ("streams, key, fields and usage in its own form", "", ()),
    "test_what_nobody_watches_comes_whole_and_is_counted_alike": (
        "a whole reply, where nobody watches",
        f"{_DOCS}/overview.mdx",
        (),
    ),
    "test_thoughts_are_no_part_of_the_rewrite_and_are_paid": (
        "thoughts kept out, and paid",
        "https://platform.kimi.ai/docs/guide/use-thinking-models",
        (),
    ),
    "test_a_wrong_key_is_told_by_name_and_never_shown": ("a wrong key", f"{_DOCS}/errors-and-debugging.mdx", ()),
    "test_a_temperature_that_the_model_refuses_is_never_sent": (
        "a temperature that is fixed there",
        "https://test-platform.kimi.ai/docs/api/models-overview",
        (),
    ),
    "test_moonshots_three_kinds_of_429_are_told_apart": (
        "three kinds of 429",
        f"{_HELP}/error-codes.md",
        ("moonshot",),
    ),
    "test_moonshots_filter_is_told_by_name_though_it_comes_as_400": (
        "a filter as 400",
        f"{_HELP}/error-codes.md",
        ("moonshot",),
    ),
    "test_a_cut_reply_is_gone_on_with_in_partial_mode": (
        "Partial Mode",
        "https://platform.kimi.ai/docs/api/partial",
        ("moonshot",),
    ),
    "test_a_call_that_goes_on_and_breaks_off_is_made_again_behind_the_same_words": (
        "Partial Mode after a break",
        "https://platform.kimi.ai/docs/api/partial",
        ("moonshot",),
    ),
    "test_a_reply_that_is_cut_again_and_again_fails_by_name": (
        "a reply without end",
        f"{_HELP}/api-troubleshooting.md",
        ("moonshot",),
    ),
    "test_without_partial_mode_a_cut_reply_is_asked_for_once_more_with_the_whole_limit": (
        "a larger limit",
        "https://docs.haimaker.ai/docs/completion/output",
        ("haimaker",),
    ),
    "test_in_anthropics_form_a_cut_reply_is_gone_on_with_behind_what_was_said": ("going on behind a text", _SKILL, ()),
    "test_moonshots_anthropic_form_is_sent_the_temperature_that_means_the_wanted_one": (
        "temperature times 0.6",
        "https://github.com/MoonshotAI/Kimi-K2/blob/main/README.md",
        ("moonshot-anthropic",),
    ),
    "test_a_provider_that_sends_calls_elsewhere_is_not_followed": ("no redirect is followed", "", ()),
    "test_anthropics_errors_are_told_by_name": ("Anthropic's errors", _SKILL, ("moonshot-anthropic",)),
    "test_a_check_asks_for_its_models": ("a list of models, for checks", "", ()),
    "test_a_check_offers_the_models_nearest_to_one_that_is_not_there": ("a model that is not there", "", ()),
    "test_a_check_compares_how_tokens_are_counted": (
        "counting without a call",
        "https://platform.kimi.ai/docs/guide/migrating-from-openai-to-kimi",
        (),
    ),
    "test_routing_options_travel_and_are_stored_with_their_reason": (
        "routing options",
        "https://github.com/OpenRouterTeam/docs/blob/main/guides/routing/provider-selection.mdx",
        (),
    ),
    "test_another_routing_asks_anew_and_the_same_does_not": ("another routing asks anew", "", ("openrouter",)),
    "test_thinking_is_switched_on_over_the_profile_and_fixed_sampling_is_not_sent": (
        "thinking switched on",
        "https://platform.kimi.ai/docs/guide/use-thinking-models",
        ("moonshot",),
    ),
    "test_a_reply_has_room_for_thoughts_where_the_engine_thinks": (
        "room for thoughts",
        "https://platform.kimi.ai/docs/guide/use-thinking-models",
        ("openrouter", "moonshot", "fireworks", "vllm"),
    ),
    "test_where_thoughts_take_the_whole_limit_the_call_is_made_once_more_with_all_that_there_is": (
        "thoughts that take the whole limit",
        "https://platform.kimi.ai/docs/guide/use-thinking-models",
        ("moonshot",),
    ),
    "test_no_limit_is_sent_that_does_not_fit_into_the_window_with_the_prompt": (
        "limit and prompt within the window",
        "https://test-platform.kimi.ai/docs/api/chat",
        ("moonshot",),
    ),
    "test_where_nothing_is_known_of_the_window_all_that_is_known_to_be_given_is_asked_for": (
        "a model of one's own",
        "",
        ("custom",),
    ),
    "test_what_is_not_the_users_to_add_is_refused_by_name": (
        "fields that are not the user's to add",
        "",
        ("openrouter", "moonshot", "modelslab"),
    ),
    "test_a_reply_whose_headers_leave_no_further_request_holds_the_next_call": (
        "limits told by headers",
        f"{_HELP}/rate-limits.md",
        ("moonshot",),
    ),
    "test_openrouters_failures_are_told_by_name_or_asked_again": (
        "eight failures: 402, moderation, availability, Retry-After, errors under 200 and in a stream",
        f"{_DOCS}/errors-and-debugging.mdx",
        ("openrouter",),
    ),
}
_HEAD = """# Conformance

Which behaviour of which provider a test holds the engine to. Each cell is a test in `tests/integration/test_providers.py` or `test_provider_quirks.py` against a fake of that provider, reached by the real SDK over a real socket; the fake behaves as the page says that is linked at the behaviour, else at the provider. What all providers may do alike (faults in a stream, an error under status 200, waits, broken connections) is tested in `test_engine_faults.py`, `test_fault_storm.py` and `test_engine_room.py`, there against a fake that speaks as OpenRouter does.

No provider was met live.

"""


def page() -> str:
    """Return the whole page."""
    titles = [f"[{told}]({url})" if url else told for told, url, _ in BEHAVIOURS.values()]
    profiles = read_providers()
    lines = [f"| Provider | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]
    covered = {test: _providers(test, stated) for test, (_, _, stated) in BEHAVIOURS.items()}
    for name in test_providers.PROVIDERS:
        cells = ["yes" if name in covered[test] else "" for test in BEHAVIOURS]
        lines.append(f"| {_linked(name, profiles[name].source)} | {' | '.join(cells)} |")
    return f"{_HEAD}{chr(10).join(lines)}\n"


def _linked(name: str, source: str) -> str:
    return f"[`{name}`]({source})" if source.startswith("http") else f"`{name}`"


def all_tests() -> dict[str, Any]:
    """Return the tests of both files by their names."""
    held = {**vars(test_providers), **vars(test_provider_quirks)}
    return {name: test for name, test in held.items() if name.startswith("test_") and callable(test)}


def _providers(test: str, stated: tuple[str, ...]) -> set[str]:
    marks = getattr(all_tests()[test], "pytestmark", [])
    named = [mark.args[1] for mark in marks if mark.name == "parametrize" and mark.args[0] == "name"]
    return set(stated) | {name for names in named for name in names}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
