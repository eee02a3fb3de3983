"""The alphabets of SMS: what the GSM 7-bit one can say, and how many segments a text takes."""

# GSM 03.38: the basic table, and the extension table whose characters take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

_ONE_GSM7, _EACH_GSM7 = 160, 153
_ONE_UNICODE, _EACH_UNICODE = 70, 67


def as_gsm7(text: str) -> str:
    """Return what arrives when a text is sent in the GSM alphabet: what that lacks becomes `?`."""
    return "".join(character if character in _BASIC | _EXTENDED else "?" for character in text)


def segment_count(text: str, *, unicode: bool) -> int:
    """Count the segments of a text: 160 places alone or 153 each, in unicode 70 or 67 UTF-16 units.

    A character of two places is never cut, so a segment may stay one place short.
    """
    if unicode:
        widths = [len(character.encode("utf-16-le")) // 2 for character in text]
        return _segments(widths, _ONE_UNICODE, _EACH_UNICODE)
    return _segments([2 if character in _EXTENDED else 1 for character in text], _ONE_GSM7, _EACH_GSM7)


def _segments(widths: list[int], alone: int, each: int) -> int:
    if sum(widths) <= alone:
        return 1
    segments, filled = 1, 0
    for width in widths:
        if filled + width > each:
            segments, filled = segments + 1, 0
        filled += width
    return segments
