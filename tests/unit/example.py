"""The settings that are handed out as an example, with the keys filled in."""

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "settings.example.toml"

FILLED = {
    'key_id = ""': 'key_id = "the-key-id"',
    'secret_key = ""': 'secret_key = "the-secret-key"',
    'token = ""': 'token = "123:the-token"',
    "owner_ids = []": "owner_ids = [7]",
    'api_key = ""': 'api_key = "the-api-key"',
    'api_secret = ""': 'api_secret = "the-api-secret"',
}


def filled_in(**changes: str) -> str:
    """Return the example with its keys filled in; `changes` replace whole lines, named by their key."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for empty, full in FILLED.items():
        text = text.replace(empty, full)
    for key, line in changes.items():
        lines = text.splitlines()
        (place,) = [number for number, old in enumerate(lines) if old.removeprefix("# ").startswith(f"{key} =")]
        lines[place] = line
        text = "\n".join(lines)
    return text
