"""How much of a run's input stands in the part that is the same in every request, so that a provider can cache it.

    ./run python -m tests.benchmarks.prefix [--for TARGET]

Renders the requests for the real prompts of the devset and counts, in Kimi's vocabulary, what all of them begin with.
"""

import argparse
import os
from itertools import takewhile

from refrase.core.candidate import Citable
from refrase.core.contract import contract_of
from refrase.core.draft import Case
from refrase.core.lint import check_rules
from refrase.core.lock import locks_of
from refrase.core.reply_form import form_for
from refrase.core.rewrite import Mode
from refrase.core.selection import select_rules
from refrase.core.terms import Terms
from refrase.guidebook import read_guidebook
from refrase.instructions import Instructions
from refrase.library.files import read_document
from refrase.packaged import packaged_path
from refrase.tokens import count_tokens
from tests.conftest import LIBRARIES


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--for", dest="target", default="kimi-k2-0905")
    target = read_guidebook(packaged_path("guides")).get_target(parser.parse_args().target)
    if not LIBRARIES.is_dir():
        print("The real libraries are not here.")
        return
    instructions = Instructions()
    requests = []
    for number, slot in enumerate(read_document(LIBRARIES / "devset.jsonl").slots):
        if not slot.fault:
            requests.append(_request(instructions, target, slot.prompt, number))
    whole = [system + user for system, user in requests]
    prefix = os.path.commonprefix(whole)  # noqa: RUF071 - character by character is what is wanted
    system = requests[0][0]
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(prefix, system, strict=False)))
    total = sum(map(count_tokens, whole))
    rules = [rule.text for rule in target.rules]
    within = [text for text in rules if text in prefix]
    print(f"{len(requests)} requests for {target.id}, {total / len(requests):,.0f} tokens of input each")
    of_system = f"{same / len(system):.0%} of the system message"
    print(f"  the same in all of them: the first {count_tokens(prefix):,} tokens ({of_system})")
    print(f"  share of all input tokens: {count_tokens(prefix) * len(requests) / total:.2f}")
    share = sum(map(count_tokens, within)) / max(1, sum(map(count_tokens, rules)))
    print(f"  share of the guide's rules, in tokens: {share:.2f}")


def _request(instructions, target, prompt, number) -> tuple[str, str]:
    mark = str(100_000_000 + number)
    contract = contract_of(prompt)
    selected = select_rules(target, prompt)
    applying = frozenset(item.rule.id for item in selected if item.applies)
    case = Case(
        prompt=prompt,
        contract=contract,
        terms=Terms(),
        mode=Mode.CONSERVATIVE,
        form=form_for(prompt, Mode.CONSERVATIVE),
        mark=mark,
        citable=Citable(frozenset(rule.id for rule in target.rules), applying),
        locks=tuple(lock for message in contract.messages for lock in locks_of(message)),
    )
    noticed = check_rules(prompt, [item.rule for item in selected if item.applies])
    user = instructions.request(case, instructions.quote(case), selected=selected, findings=noticed)
    return instructions.system(target), user


if __name__ == "__main__":
    main()
