"""Presets: the file that is shipped, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from bot.allocations import presets
from bot.allocations.presets import BadPresets

FACTS = {
    "Conservative": "BIL 20 ICSH 40 SHV 40",
    "Moderately Conservative": "IJG 4 IXUS 12 ISTB 18 AGG 42 VOO 24",
    "Moderate": "VOO 35 IJH 5 IJR 2 IXUS 18 ISTB 12 AGG 28",
    "Moderately Aggressive": "VOO 47 IJH 6 IJR 3 IXUS 24 ISTB 6 AGG 14",
    "Aggressive": "VOO 55 IJH 10 IJR 5 IXUS 30",
}


def test_the_five_presets_are_the_originals() -> None:
    shown = {
        preset.name: " ".join(f"{one.symbol} {one.weight // 100}" for one in preset.allocation.sectors)
        for preset in presets.load(presets.shipped())
    }
    assert shown == FACTS


def test_a_button_can_carry_every_presets_key() -> None:
    keys = [preset.key for preset in presets.load(presets.shipped())]
    assert keys[1] == "moderately-conservative"
    assert all(len(key) <= presets.LONGEST_KEY for key in keys)


def written(folder: Path, text: str) -> Path:
    file = folder / "presets.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_person_can_add_one(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[[presets]]\nname = "Ours"\ndescription = "The whole world."\nsectors = ["VT 90", "Gold, GLD, 10%"]\n',
    )
    (preset,) = presets.load(file)
    assert (preset.key, preset.allocation.weights) == ("ours", {"VT": 9_000, "GLD": 1_000})


BAD = """
surprise = 1
[[presets]]
name = "One"
description = "Too little."
sectors = ["VT 90"]
[[presets]]
name = "One"
color = "red"
sectors = ["VT ninety"]
[[presets]]
name = "Two"
description = "Fine."
sectors = ["VT 100"]
[[presets]]
name = "two!"
description = "Fine too."
sectors = ["VOO 100"]
"""


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadPresets) as refused:
        presets.load(written(tmp_path, BAD))
    assert refused.value.problems == (
        "surprise is unknown: a file of presets has only [[presets]]",
        "preset 'One': allocation sums to 90.00%, must be 100.00%: add 10.00%",
        "preset 'One': color is unknown, it may have description, name, sectors",
        "preset 'One': give it a description of one line",
        "preset 'One': line 1: 'VT ninety' has no weight at its end: end it with one, such as VOO 35, or Domestic "
        "Large Cap, VOO, 35%",
        "two presets are both two: give each a name of its own",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("presets = ", "is not TOML"),
        ("", "there are none: add one under [[presets]]"),
        ("presets = [1]", "preset 1 is no table"),
        ('[[presets]]\nname = "A"\ndescription = "B"\nsectors = "VT 100"', "give its sectors as a list"),
        ('[[presets]]\nname = "!"\ndescription = "B"\nsectors = ["VT 100"]', "give it a name with letters"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadPresets, match=r"the presets cannot be used") as refused:
        presets.load(written(tmp_path, text))
    assert said in str(refused.value)
