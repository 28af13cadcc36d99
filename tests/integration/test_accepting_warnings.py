"""What the checks refuse leaves only where it is asked for, through every door, and marked."""

import pytest

from refrase.core.rewrite import Outcome
from tests.conftest import MARK
from tests.fakes.upstream import Say, Upstream
from tests.form import finished_page, submit
from tests.repairs import AFTER, GOOD, LONG, LOSES, PROMPT, blocking, edits, rewritten, whole
from tests.shell import Shell, reply

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_refused_text_leaves_only_where_the_caller_accepts_it(services, upstream: Upstream, accepts):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 3)
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=accepts)
    assert rewrite.outcome is (Outcome.FLAGGED if accepts else Outcome.RETURNED)
    assert rewrite.after.texts == (AFTER.replace("{{list}}", "it") if accepts else PROMPT,)
    assert bool(rewrite.changes) is accepts
    assert rewrite.reason.code == "contract_broken"
    assert "The variable {{list}} is lost." in rewrite.reason.message
    assert blocking(rewrite) == ["variable_lost"]


async def test_of_all_refused_texts_the_one_with_the_fewest_faults_is_handed_out(services, upstream: Upstream):
    upstream.will(
        Say(whole("Sort it by name and give the longest ones.")),
        Say(whole("Sort it by name and give the 3 longest ones.")),
        Say(whole("Sort it by length and give the longest ones.")),
    )
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert rewrite.outcome is Outcome.FLAGGED
    assert rewrite.after.texts == ("Sort it by name and give the 3 longest ones.",)
    assert blocking(rewrite) == ["variable_lost"]


async def test_whoever_accepts_warnings_gets_a_good_text_unmarked(services, upstream: Upstream):
    upstream.will(Say(whole(AFTER)))
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (rewrite.outcome, rewrite.reason) == (Outcome.REWRITTEN, None)


async def test_good_edits_alone_are_preferred_to_a_marked_text(services, upstream: Upstream):
    upstream.will(Say(edits(GOOD, LOSES)), *[Say(edits(LOSES))] * 2)
    rewrite, _ = await rewritten(services, accepts_warnings=True)
    assert rewrite.outcome is Outcome.REWRITTEN
    assert rewrite.after.texts == (LONG.replace(*GOOD),)


async def test_where_no_edit_is_good_the_edited_text_is_handed_out_marked(services, upstream: Upstream):
    upstream.will(*[Say(edits(LOSES))] * 3)
    rewrite, _ = await rewritten(services, accepts_warnings=True)
    assert rewrite.outcome is Outcome.FLAGGED
    assert rewrite.after.texts == (LONG.replace(*LOSES),)
    assert [(change.old, change.new) for change in rewrite.changes] == [LOSES]


@pytest.mark.parametrize("reply", ["Anna, Bert, Charlotte.", f'<message-{MARK} n="1">\nAnna'])
async def test_a_reply_that_is_no_text_at_all_is_never_handed_out(services, upstream: Upstream, reply):
    upstream.will(*[Say(reply)] * 3)
    rewrite, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (rewrite.outcome, rewrite.after) == (Outcome.RETURNED, rewrite.before)


async def test_accepting_warnings_is_another_request_than_not(services, upstream: Upstream):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 6)
    first, _ = await rewritten(services, PROMPT)
    second, _ = await rewritten(services, PROMPT, accepts_warnings=True)
    assert (first.outcome, second.outcome) == (Outcome.RETURNED, Outcome.FLAGGED)


@pytest.mark.parametrize(("accepts", "outcome"), [(True, "flagged"), (False, "returned")])
def test_over_rest_the_caller_says_whether_warnings_are_accepted(client, upstream: Upstream, accepts, outcome):
    text = AFTER.replace("{{list}}", "it")
    upstream.will(*[Say(whole(text))] * 3)
    response = client.post("/api/v1/rewrites", json={"prompt": PROMPT, "accept_warnings": accepts})
    assert response.status_code == 201
    rewrite = response.json()
    assert rewrite["outcome"] == outcome
    assert rewrite["after"]["messages"][0]["text"] == (text if accepts else PROMPT)
    assert rewrite["reason"]["code"] == "contract_broken"
    assert {
        finding["kind"]: finding["severity"] for finding in rewrite["findings"] if finding["kind"] != "guide_rule"
    } == {"variable_lost": "blocking"}


@pytest.mark.parametrize(
    ("options", "outcome", "text"),
    [([], "returned", PROMPT), (["--accept-warnings"], "flagged", AFTER.replace("{{list}}", "it"))],
    ids=["without", "with"],
)
def test_on_the_command_line_an_option_accepts_warnings(online: Shell, upstream: Upstream, options, outcome, text):
    upstream.will(*[Say(lambda request: reply(request, AFTER.replace("{{list}}", "it")))] * 3)
    code, out, err = online.run("rewrite", *options, stdin=PROMPT.encode())
    assert (code, out) == (3, text)
    assert err.startswith(outcome)
    assert "blocking [variable_lost] The variable {{list}} is lost." in err


@pytest.mark.parametrize(("fields", "outcome"), [({}, "returned"), ({"accept_warnings": "true"}, "flagged")])
def test_the_form_says_whether_warnings_are_accepted(client, upstream: Upstream, fields, outcome):
    upstream.will(*[Say(whole(AFTER.replace("{{list}}", "it")))] * 3)
    page = finished_page(client, submit(client, prompt=PROMPT, **fields))
    assert f'class="badge {outcome}"' in page
    assert '<span class="badge blocking">blocking</span> The variable {{list}} is lost.' in page
    assert ("Rewritten, but not as it must be" in page) is (outcome == "flagged")
