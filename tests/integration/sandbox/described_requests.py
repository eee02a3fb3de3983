"""Requests drawn from a vendor's description: what an informed client asks, and whatever anybody could."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, openapi

Operation = APIOperation[Any, Any, Any, Any]
Drawn = Case[Any]

Known = Mapping[str, Sequence[str]]
"""Values, by the name of a parameter, that mean something to the stand-in and that nobody would guess.

The first one of each is in the first request.
"""

_AS_LAST_TIME = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
_INFORMED, _DESCRIBED, _OTHER = 4, 2, 6  # so many requests of each kind


def description(document: Mapping[str, Any]) -> BaseSchema:
    """Return a description to draw requests from: path, then method. Keys are not drawn, they are the caller's."""
    return openapi.from_dict({**document, "security": []})


def drive(
    asked: Operation,
    ask: Callable[[Drawn], None],
    *,
    known: Known,
    fixed: Mapping[str, str],
    bodies: Sequence[Mapping[str, Any]],
) -> None:
    """Ask in every way, with the same requests as last time.

    fixed are parts of the path of which the stand-in has but one, bodies some that it takes. Raise what ask raises,
    with the simplest request that made it do so.
    """

    def told(case: Drawn) -> None:
        case.path_parameters |= {name: fixed[name] for name in fixed.keys() & case.path_parameters.keys()}
        note(case.as_curl_command(base_url="http://stand-in"))
        ask(case)

    for strategy, requests in (
        (_informed(asked, known, bodies), _INFORMED),
        (asked.as_strategy(GenerationMode.POSITIVE), _DESCRIBED),
        (asked.as_strategy(GenerationMode.NEGATIVE), _OTHER),
    ):
        with suppress(Unsatisfiable):  # whatever is asked of some routes is described
            settings(_AS_LAST_TIME, max_examples=requests)(given(strategy)(told))()


@st.composite
def _informed(draw: st.DrawFn, asked: Operation, known: Known, bodies: Sequence[Mapping[str, Any]]) -> Drawn:
    """Draw a request that is described, with known values, and with a known body but for one of its fields."""
    case = draw(asked.as_strategy(GenerationMode.POSITIVE))
    for place in (case.path_parameters, case.query):
        for name in known:
            if name in place:
                place[name] = draw(st.sampled_from(known[name]))
    if bodies:
        assert isinstance(case.body, dict)
        changed = draw(st.none() | st.sampled_from(sorted(case.body))) if case.body else None
        case.body = draw(st.sampled_from(bodies)) | ({changed: case.body[changed]} if changed else {})
    return case
