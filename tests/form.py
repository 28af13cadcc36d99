"""The form as a browser without JavaScript sends it, and the page that it leads to."""

import re
import time

from tests.conftest import MARK

PROMPT = "I want you to sort {{list}} by <name> & give the 3 longest ones."
AFTER = "Sort {{list}} by <name> & give the 3 longest ones."
ACCOUNT = f"<changes-{MARK}>\nrequest-wrapped | The verb comes late.\n</changes-{MARK}>"
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n{ACCOUNT}'
HTML = {"accept": "text/html"}


def token_of(page: str) -> str:
    return re.search(r'name="_csrf_token" value="([^"]+)"', page)[1]


def submit(client, **fields):
    page = client.get("/", headers=HTML)
    data = {"_csrf_token": token_of(page.text), "prompt": PROMPT, "target": "kimi-k2-0905", **fields}
    return client.post("/rewrites", data=data, headers=HTML)


def finished_page(client, response) -> str:
    assert response.status_code == 303
    for _ in range(500):
        page = client.get(response.headers["location"], headers=HTML).text
        if 'aria-busy="true"' not in page:
            return page
        time.sleep(0.02)
    raise AssertionError("the rewrite never ended")
