"""A storm of faults in which nothing stays nameless."""

import asyncio
import random

import pytest

from refrase.core.engine import FailureKind
from refrase.core.rewrite import Outcome
from tests.conftest import KEY
from tests.engine_room import GOOD, LOSES, services_of
from tests.fakes.upstream import BreakOff, Garbage, Refuse, RefuseInside, Say, Whole, scribe
from tests.rewriting import PROMPT, order

pytestmark = pytest.mark.anyio


STORM = (
    lambda: Refuse(429, {"message": "slow", "code": 429}, {"retry-after": "1"}),
    lambda: Refuse(429, {"message": "slow", "type": "rate_limit_reached_error"}),
    lambda: Refuse(429, {"message": "gone", "type": "exceeded_current_quota_error"}),
    lambda: Refuse(503, {"message": "busy", "code": 503, "availability": {"retryable": True, "retry_after": 1}}),
    lambda: Refuse(503, {"message": "gone", "code": 503, "availability": {"retryable": False}}),
    lambda: Refuse(500, {"message": "oops"}),
    lambda: Refuse(401, {"message": f"bad key {KEY}"}),
    lambda: Refuse(402, {"message": "credits"}),
    lambda: Refuse(403, {"message": "x", "metadata": {"reasons": ["violence"], "flagged_input": "y"}}),
    lambda: Refuse(400, {"message": "invalid temperature"}),
    lambda: Refuse(400, {"type": "content_filter", "message": "high risk"}),
    lambda: Refuse(404, "no such model"),
    lambda: Refuse(413, {"message": "too large"}),
    lambda: Refuse(529, {"type": "overloaded_error", "message": "overloaded"}),
    lambda: RefuseInside({"message": "upstream broke", "code": 502}),
    lambda: RefuseInside({"message": "No auth", "code": 401}),
    lambda: BreakOff("<mess"),
    lambda: BreakOff("<mess", {"message": "broke in the middle", "code": 502}),
    lambda: BreakOff("<mess", cuts_connection=True),
    Garbage,
    lambda: Garbage('["a"]', content_type="application/json"),
    lambda: Garbage("{", content_type="application/json"),
    lambda: Garbage("", status=502),
    lambda: Say("", finish_reason="stop"),
    lambda: Say(GOOD[:30], finish_reason="length"),
    lambda: Say(GOOD, finish_reason="error"),
    lambda: Say(GOOD, finish_reason="content_filter"),
    lambda: Say(GOOD, finish_reason="tool_calls"),
    lambda: Say(GOOD, finish_reason=None),
    lambda: Say(LOSES),
    lambda: Say("I cannot help with that."),
    lambda: Refuse(307, "moved", {"location": "https://elsewhere.example/v1"}),
    lambda: Garbage(f"<title>Key {KEY}</title>", status=404),
    lambda: Garbage("{}", content_type="application/json"),
    lambda: Say("", thoughts="Hm."),
    lambda: Whole(GOOD),
    lambda: Say(GOOD),
    lambda: Say(scribe),
    lambda: Say(scribe, thoughts="Hm."),
)


async def test_in_a_storm_of_faults_each_rewrite_ends_by_name_and_each_call_is_on_record(
    tmp_path, upstream, upstream_url, caplog
):
    dice = random.Random(20261124)

    def choose():
        return dice.choice(STORM)()

    upstream.choose = choose
    count = 1000
    async with services_of(tmp_path, upstream_url, REFRASE_LOG_LEVEL="debug") as services:
        limit = asyncio.Semaphore(24)

        async def one(number: int):
            async with limit:
                return await services.rewriter.rewrite(
                    order(f"{PROMPT} Case {number}.\nKeep every name as it stands here.", is_fresh=True)
                )

        rewrites = await asyncio.gather(*(one(number) for number in range(count)))
        recorded = 0
        for rewrite in rewrites:
            stored, attempts = await services.history.get(rewrite.id)
            assert stored.outcome is rewrite.outcome
            assert all(attempt.finished_at for attempt in attempts)
            assert KEY not in repr((stored, attempts))
            recorded += len(attempts)
    names = {f"engine_{kind}" for kind in FailureKind} | {"contract_broken"}
    for rewrite in rewrites:
        assert rewrite.outcome in {Outcome.REWRITTEN, Outcome.UNCHANGED, Outcome.RETURNED, Outcome.FAILED}
        assert (rewrite.reason is None) == (rewrite.outcome in {Outcome.REWRITTEN, Outcome.UNCHANGED})
        if rewrite.reason:
            assert rewrite.reason.code in names
            assert rewrite.reason.hint
            assert rewrite.after == rewrite.before
    assert recorded == len(upstream.requests)
    assert {rewrite.outcome for rewrite in rewrites} >= {Outcome.REWRITTEN, Outcome.RETURNED, Outcome.FAILED}
    assert KEY not in caplog.text
