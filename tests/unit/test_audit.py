"""What `make audit` makes of pip-audit's answers."""

import json
from typing import Any

from tests.audit import SOUND, UNKNOWN, VULNERABLE, judged

RICH: dict[str, Any] = {"name": "rich", "version": "15.0.0", "vulns": []}
LOST: dict[str, Any] = {"name": "mako", "skip_reason": "Dependency not found on PyPI and could not be audited"}
BROKEN = RICH | {"vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["15.0.1"], "aliases": [], "description": "bad"}]}


def answer(*releases: dict[str, Any]) -> str:
    return json.dumps({"dependencies": releases, "fixes": []})


def test_releases_of_which_nothing_bad_is_known_are_sound() -> None:
    verdict = judged(answer(RICH, RICH), "")
    assert (verdict.code, verdict.lines) == (SOUND, ("No known vulnerabilities in 2 releases.",))


def test_a_known_vulnerability_is_named_with_the_release_that_mends_it() -> None:
    verdict = judged(answer(BROKEN, LOST), "")
    assert verdict.code == VULNERABLE
    assert verdict.lines[0] == "rich 15.0.0: PYSEC-2026-1, mended in 15.0.1"


def test_a_database_that_knew_none_of_the_releases_is_no_clean_bill() -> None:
    verdict = judged(answer(LOST, LOST), "No known vulnerabilities found")
    assert verdict.code == UNKNOWN
    assert verdict.lines == ("The database of vulnerabilities answered for none of 2 releases.",)


def test_a_release_that_it_did_not_know_is_named() -> None:
    verdict = judged(answer(RICH, LOST), "No known vulnerabilities found")
    assert (verdict.code, "mako" in verdict.lines[0]) == (UNKNOWN, True)


def test_no_answer_at_all_is_told_with_the_tools_last_words() -> None:
    verdict = judged("", "Traceback\nConnectionError: refused\n")
    assert verdict.code == UNKNOWN
    assert verdict.lines[0].endswith("ConnectionError: refused")
