"""A secret lies in a file of its own, for its owner's eyes; a certificate is one."""

from pathlib import Path

import pytest

from printd.core.errors import ConfigInvalid
from printd.core.secretfile import check_ca_file, read_secret


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "left.key"
    path.write_text("ABCDEF\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_secret_is_read_without_its_line_end(secret: Path, mode: int) -> None:
    secret.chmod(mode)
    assert read_secret(secret) == "ABCDEF"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_secret_that_others_may_read_or_change_is_refused(secret: Path, mode: int) -> None:
    secret.chmod(mode)
    with pytest.raises(ConfigInvalid, match="chmod 600"):
        read_secret(secret)


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"\xff\xfe", b"a" * 5000, b"a\x00"])
def test_what_is_no_single_line_is_no_secret(secret: Path, content: bytes) -> None:
    secret.write_bytes(content)
    with pytest.raises(ConfigInvalid, match="does not hold a secret") as refused:
        read_secret(secret)
    assert "a" * 20 not in str(refused.value).replace(str(secret), "")


def test_a_missing_secret_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"gone\.key"):
        read_secret(tmp_path / "gone.key")


def test_a_secret_of_another_user_is_not_called_missing(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(ConfigInvalid, match="Run this as the user that printd runs as"):
        read_secret(secret)


def test_without_an_authority_of_its_own_the_public_ones_are_trusted() -> None:
    check_ca_file(None)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_what_is_no_certificate_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigInvalid, match=r"ca\.pem cannot be used"):
        check_ca_file(path)
