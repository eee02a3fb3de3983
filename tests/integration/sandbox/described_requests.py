"""Requests drawn from a vendor's description: what an informed client asks, and whatever anybody could."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode, openapi

Operation = APIOperation[Any, Any, Any, Any]
Drawn = Case[Any]

Known = Mapping[str, Sequence[str]]
"""Values, by the name of a parameter, that mean something to the stand-in and that nobody would guess.

The first one of each is in the first request.
"""

_AS_LAST_TIME = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
_INFORMED, _ANY = 6, 12  # so many requests of each kind


def description(document: Mapping[str, Any]) -> BaseSchema:
    """Return a description to draw requests from: path, then method. Keys are not drawn, they are the caller's."""
    return openapi.from_dict({**document, "security": []})


def drive(
    asked: Operation, ask: Callable[[Drawn], None], *, known: Known, bodies: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Ask in both ways, with the same requests as last time; bodies are some that the stand-in takes.

    Raise what ask raises, with the simplest request that made it do so.
    """

    def told(case: Drawn) -> None:
        note(case.as_curl_command(base_url="..."))
        ask(case)

    for strategy, requests in ((_informed(asked, known, bodies), _INFORMED), (_any(asked, known), _ANY)):
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


@st.composite
def _any(draw: st.DrawFn, asked: Operation, known: Known) -> Drawn:
    """Draw a request, mostly one that is not described; where a path has one known part, it is that one."""
    kinds = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE, GenerationMode.NEGATIVE)
    case = draw(st.one_of([asked.as_strategy(kind) for kind in kinds]))
    for name in case.path_parameters:
        if len(known.get(name, ())) == 1:
            case.path_parameters[name] = known[name][0]
    return case
