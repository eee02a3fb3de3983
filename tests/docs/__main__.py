"""`python -m tests.docs` writes the pages that are made of the product: commands, shell commands, settings."""

from tests.docs.generated import PAGES
from tests.docs.markdown import DOCS


def main() -> None:
    """Write each generated page anew."""
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
