"""Long answers: split between lines, each part whole as HTML, and nothing lost."""

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from bot.views.splitting import LONGEST_MESSAGE, parts, plain, shown_length
from sandbox.telegram.entities import parse_html
from tests.unit.properties import steady

TAGS = ("b", "i", "code", "pre", "u")


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """Draw HTML as the chat writes it: tags around lines of escaped words, some of them nested."""
    pieces: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        words = escape(draw(st.text("ab &<>é🏦\n", max_size=60)), quote=False)
        for tag in draw(st.lists(st.sampled_from(TAGS), max_size=2)):
            words = f"<{tag}>{words}</{tag}>"
        pieces.append(words)
    return "\n".join(pieces)


def test_what_fits_stays_as_it_is() -> None:
    assert parts("<b>short</b>") == ("<b>short</b>",)
    # Neither a tag nor an escape counts as what it is written with.
    full = f"<b>{'&amp;' * LONGEST_MESSAGE}</b>"
    assert parts(full) == (full,)


def test_a_long_answer_is_split_between_lines() -> None:
    assert parts("one\ntwo\nthree\nfour", longest=9) == ("one\ntwo", "three", "four")


def test_a_table_that_is_split_is_a_table_in_each_part() -> None:
    assert parts("<b>T</b>\n<pre>one\ntwo\nthree</pre>\nend", longest=8) == (
        "<b>T</b>\n<pre>one</pre>",
        "<pre>two</pre>",
        "<pre>three</pre>",
        "end",
    )


def test_an_escape_is_never_cut() -> None:
    assert parts("&lt;&gt;&amp;&lt;", longest=2) == ("&lt;&gt;", "&amp;&lt;")


def test_a_line_that_is_too_long_is_split_between_words_and_a_word_between_characters() -> None:
    assert [part.strip() for part in parts("one two three", longest=8)] == ["one two", "three"]
    assert "".join(parts("x" * 20, longest=8)) == "x" * 20


def test_characters_that_count_twice_are_counted_twice() -> None:
    assert shown_length("🏦") == 2
    assert parts("🏦🏦🏦", longest=4) == ("🏦🏦", "🏦")


def test_a_file_has_the_words_alone() -> None:
    assert plain("<b>A &amp; B</b>\n<pre>1 &lt; 2</pre>") == "A & B\n1 < 2"


@steady
@given(layouts(), st.integers(4, 40))
def test_every_part_is_taken_by_telegram_and_together_they_say_it_all(html: str, longest: int) -> None:
    made = parts(html, longest)
    for part in made if shown_length(html) > longest else ():
        assert parse_html(part).text.strip()
        assert shown_length(part) <= longest
    assert "".join("".join(map(plain, made)).split()) == "".join(plain(html).split())
