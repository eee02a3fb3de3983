"""What tests against a sandbox share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trustme.CA]:
    """Return a certificate authority that this process and its workers trust.

    One for the session: the fork server, and so every worker, keeps the environment it was started with.
    """
    made = trustme.CA()
    file: Path = tmp_path_factory.mktemp("authority") / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(file))
        patch.setenv("SSL_CERT_FILE", str(file))
        yield made
