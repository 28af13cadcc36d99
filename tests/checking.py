"""Two prompts, and what a check says of them."""

from typing import Any

import httpx

BEFORE = "Greet {{name}} in 3 lines. Never use the word hello."
GOOD = "Please greet {{name}} in 3 lines. Never use the word hello."
BAD = "Greet the user in 4 lines."
CALL = "Call search_docs with the query, then answer."
OTHER_CALL = "Call lookup_docs(query), then answer."
TOOLS = [{"type": "function", "function": {"name": "search_docs", "parameters": {"properties": {"query": {}}}}}]
PROBLEM = "application/problem+json"


def post(client: httpx.Client, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    response = client.post("/api/v1/checks", json={"before": before, "after": after, **more})
    assert response.status_code == 200
    return response.json()


def kinds(seen: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in seen["findings"]]


# Far longer than conservative mode allows, not longer than bold mode does.
LONG = "Sort the list by name and by date, then by size, and print it. " * 10
LONGER = LONG + "Print it. " * 110
