"""`make reliability`: live through the whole fault table, and write docs/reliability.md from what was seen.

Every worker process imports this module anew, as the main one of its program: what is heavy stays out of it.
"""

import sys

if __name__ == "__main__":
    from tests.integration.fault_document import main

    sys.exit(main())
