"""`make audit` asks what is known of the locked releases; one that could not be asked about is not called sound."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LOCK = "requirements-dev.lock"  # everything that is in the service's own lock is in this one too
_TOOL = ("tool", "run", "--quiet", "--from", "pip-audit>=2.10,<3", "pip-audit")
_OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")

SOUND, VULNERABLE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what the audit found: SOUND, VULNERABLE or UNKNOWN, and the lines that tell a person why."""

    code: int
    lines: tuple[str, ...]


def judged(answer: str, complaint: str) -> Verdict:
    """Judge pip-audit's JSON, or its last complaint where there is none.

    pip-audit itself ends well, with "No known vulnerabilities found", when its database knew none of the releases.
    """
    try:
        releases = json.loads(answer)["dependencies"]
    except (ValueError, LookupError, TypeError):
        last = (complaint.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Verdict(UNKNOWN, (f"The database of vulnerabilities could not be asked: {last}",))
    asked = [release for release in releases if "skip_reason" not in release]
    unasked = [release["name"] for release in releases if "skip_reason" in release]
    found = tuple(
        f"{release['name']} {release['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'none'}"
        for release in asked
        for known in release["vulns"]
    )
    if found:
        return Verdict(VULNERABLE, (*found, f"{len(found)} known vulnerabilities in {LOCK}."))
    if not asked:
        return Verdict(UNKNOWN, (f"The database of vulnerabilities answered for none of {len(unasked)} releases.",))
    if unasked:
        return Verdict(UNKNOWN, (f"The database of vulnerabilities did not answer for {', '.join(unasked)}.",))
    return Verdict(SOUND, (f"No known vulnerabilities in {len(asked)} releases.",))


def main() -> int:
    """Audit the lock with the uv beside this Python; return the verdict's code."""
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(  # noqa: S603, no shell; uv is the one of this project
        [str(uv), *_TOOL, "--requirement", LOCK, *_OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    verdict = judged(done.stdout, done.stderr)
    if verdict.code == UNKNOWN:
        verdict = Verdict(UNKNOWN, (*verdict.lines, "Nothing was audited to the end: try where it can be reached."))
    sys.stdout.writelines(f"{line}\n" for line in verdict.lines)
    return verdict.code


if __name__ == "__main__":
    sys.exit(main())
