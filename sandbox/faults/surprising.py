"""Answers that are JSON as they should be, and yet not what the service's description promises."""

import json
from typing import assert_never

from sandbox.faults.kinds import Surprise

# The status of an account, an order, an asset or an SMS, and Telegram's kind of chat.
_WORDS = frozenset({"status", "crypto_status", "type"})

UNKNOWN_WORD = "unheard_of"


def surprising(body: bytes, surprise: Surprise) -> bytes:
    """Rewrite a body of JSON; one that is none stays as it is."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    match surprise:
        case Surprise.TYPES:
            return json.dumps(_within(answer)).encode()
        case Surprise.WORDS:
            return json.dumps(_of_unknown_words(answer)).encode()
        case _:
            assert_never(surprise)


def _within(answer: object) -> object:
    """Keep the outermost object or list, as the route is one of either, and spoil what is in it."""
    match answer:
        case dict():
            return {name: _of_another_type(value) for name, value in answer.items()}
        case list():
            return [_of_another_type(value) for value in answer]
        case _:
            return _of_another_type(answer)


def _of_another_type(value: object) -> object:
    match value:
        case str():
            return 7
        case dict():
            return [_of_another_type(one) for one in value.values()]
        case list():
            return [_of_another_type(one) for one in value]
        case _:
            return value


def _of_unknown_words(value: object) -> object:
    match value:
        case dict():
            return {name: _word(name, one) for name, one in value.items()}
        case list():
            return [_of_unknown_words(one) for one in value]
        case _:
            return value


def _word(name: str, value: object) -> object:
    if name == "result" and isinstance(value, list):
        # Updates of Telegram's are people's words: of an unknown kind of chat, they rightly are not answered.
        return value
    return UNKNOWN_WORD if name in _WORDS and isinstance(value, str) else _of_unknown_words(value)
