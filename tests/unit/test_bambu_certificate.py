"""Whose certificate it is, read from its bytes, whatever they are."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.printers.bambu.certificate import common_name
from tests.peers.certificates import Authority


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder: Path = tmp_path_factory.mktemp("leaf")
    pem = Authority.make().issue(folder, "01P00A1B2C3D4E5").chain.read_text()
    return ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END") + 26])


def test_the_subject_is_read_not_the_issuer(leaf: bytes) -> None:
    assert b"BBL CA" in leaf
    assert common_name(leaf) == "01P00A1B2C3D4E5"


def test_a_certificate_that_is_cut_off_names_nobody(leaf: bytes) -> None:
    assert {common_name(leaf[:end]) for end in range(len(leaf))} == {""}


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_it_is_no_error(content: bytes) -> None:
    assert isinstance(common_name(content), str)


def test_what_cannot_be_shown_is_replaced(leaf: bytes) -> None:
    assert common_name(leaf.replace(b"01P00A", b"\x1b[31m\n")) == "\ufffd[31m\ufffd1B2C3D4E5"
