"""How many messages an SMS is billed as.

Vonage: 160 characters of GSM 03.38 fit into one message and 153 into each of several; of other text 70 and 67, counted
in UTF-16 units.
"""

# The alphabet of a plain SMS. What its extension table has takes the place of two characters.
_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

_ONE_GSM, _EACH_GSM = 160, 153
_ONE_UNICODE, _EACH_UNICODE = 70, 67


def is_gsm(text: str) -> bool:
    """Return whether a text can go as a plain SMS; other text needs the type unicode, and shorter messages."""
    return (_PLAIN | _EXTENDED).issuperset(text)


def count(text: str) -> int:
    """Return how many messages a text is billed as; an empty one is one."""
    if is_gsm(text):
        places, one, each = [2 if letter in _EXTENDED else 1 for letter in text], _ONE_GSM, _EACH_GSM
    else:
        places, one, each = [len(letter.encode("utf-16-le")) // 2 for letter in text], _ONE_UNICODE, _EACH_UNICODE
    if sum(places) <= one:
        return 1
    messages, filled = 1, 0
    for width in places:
        # A letter of two places is never cut: it goes whole into the next message.
        if filled + width > each:
            messages, filled = messages + 1, 0
        filled += width
    return messages
