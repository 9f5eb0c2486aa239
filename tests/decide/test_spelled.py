"""What a host's name says of where it stands."""

import pytest

from ingestd.decide.spelled import own_name, spelled


@pytest.mark.parametrize(
    ("name", "place", "carries"),
    [
        ("ams1-r05-web03", "ams1-r05", 0),
        ("ams1-r05-sw", "ams1-r05", 1),
        ("ams1-r05-coresw2", "ams1-r05", 1),
        ("ams1_r05_pdu1", "ams1-r05", 2),
        ("pc-ams1-r05-08", "ams1-r05", 0),
        ("fra-dc2-rack7-esx11.fra.example", "fra-dc2-rack7", 0),
        ("ams1-vm0112", "", 0),
    ],
)
def test_a_name_by_a_convention_says_its_place(name: str, place: str, carries: int) -> None:
    found = spelled(name)
    assert found is not None
    assert (found.place, found.carries) == (place, carries)


@pytest.mark.parametrize("name", ["", "mail", "web-01", "db-prod-01", "10.20.30.40", "fd00::1", "--1-2", "2-"])
def test_an_ordinary_name_says_nothing(name: str) -> None:
    assert spelled(name) is None


def test_a_name_by_a_convention_needs_no_domain() -> None:
    assert own_name("ams1-r05-web03.ams1.example") == own_name("ams1-r05-web03.local") == "ams1-r05-web03"
    assert own_name("mail.sales.example") == "mail.sales.example"
    assert own_name("10.20.30.40") == "10.20.30.40"
