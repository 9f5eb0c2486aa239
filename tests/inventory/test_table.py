"""Tables: any order of columns, several languages, every mistake with its line."""

from pathlib import Path

import pytest

from tests.inventory.shelf import Shelf, edges, kinds, remarks


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "csv")


def test_a_table_with_everything(shelf: Shelf) -> None:
    text = (
        "ID,Display Name,IP,Type,Depends On,Department,Class,Owner,Aliases,Used by,Shelf\n"
        'harbour-rt,"Router, harbour",192.0.2.1,Router,,,,network,,,x\n'
        "harbour-sw,,192.0.2.2,L2 switch,harbour-rt|spare-rt,,,network,hsw;the switch,,\n"
        "spare-rt,,,router,,,,,,,\n"
        "crane,,,plc,harbour-sw;harbour-rt,docks,,,,,\n"
        "\n"
        "booking,,,service,crane,,Critical,,,docks;sales,\n"
    )
    found = shelf.put("t.csv", text).read()
    assert edges(found) == {
        "booking": ["crane"],
        "crane": ["harbour-rt", "harbour-sw"],
        "harbour-sw": ["harbour-rt|spare-rt"],
    }
    specs = {one.spec.id: one.spec for one in found.nodes}
    assert specs["harbour-rt"].name == "Router, harbour" and specs["harbour-sw"].aliases == ("hsw", "the switch")
    assert kinds(found) == {
        "booking": "service",
        "crane": "plc",
        "harbour-rt": "router",
        "harbour-sw": "switch",
        "spare-rt": "router",
    }
    assert specs["booking"].class_ == "critical"
    assert {one.id: one.uses for one in found.departments} == {"docks": ("booking",), "sales": ("booking",)}
    assert remarks(found, shelf)[0].startswith("t.csv:1: the column 'Shelf' is not read")


def test_a_chinese_table_in_gb18030_with_semicolons(shelf: Shelf) -> None:
    text = "主机名;IP地址;类型;上联;部门;等级\n仓库交换机;192.0.2.9;交换机;;;\n库存;;业务;仓库交换机;仓储部;关键\n"
    found = shelf.put("表.csv", text.encode("gb18030")).read()
    assert edges(found) == {"库存": ["仓库交换机"]}
    assert kinds(found) == {"仓库交换机": "switch", "库存": "service"}
    assert [one.id for one in found.departments] == ["仓储部"]


def test_a_mark_at_the_start_tabs_and_utf_16(shelf: Shelf) -> None:
    assert list(kinds(shelf.put("a.csv", "\ufeffhost\tip\nquay\t192.0.2.3\n").read())) == ["quay"]
    assert list(kinds(shelf.put("a.csv", "host\tip\npier\t192.0.2.3\n".encode("utf-16")).read())) == ["pier"]
    assert list(kinds(shelf.put("a.csv", "name,name\njetty,x\n").read())) == ["jetty"]


def test_every_mistake_is_named_with_its_line(shelf: Shelf) -> None:
    text = "id,class\na,\na,\n,normal\nb,huge\nc,normal,too,much\n"
    assert shelf.put("t.csv", text).refused("t.csv") == [
        f"t.csv:3:1: 'a' stands in line 2 of {shelf.home}/t.csv already",
        "t.csv:4:1: no name in the column of the nodes",
        "t.csv:5:1: the class 'huge': expected critical, important, normal or nothing",
        "t.csv:6:1: 4 cells under 2 headings: put text with a divider in it in quotes",
    ]


def test_a_dependency_may_be_written_by_any_name_and_an_unknown_one_is_left_out(shelf: Shelf) -> None:
    text = "id,ip,parents\nquay,192.0.2.3,\npier,,192.0.2.3;nowhere\n"
    found = shelf.put("t.csv", text).read()
    assert edges(found) == {"pier": ["quay"]}
    assert remarks(found, shelf) == ["t.csv:3: pier depends on 'nowhere', which is defined nowhere: left out"]


@pytest.mark.parametrize("text", ["", "colour,size\nred,1\n"])
def test_without_a_column_of_names(shelf: Shelf, text: str) -> None:
    assert "no column names the nodes" in shelf.put("t.csv", text).refused()[0]


def test_a_cell_without_end(shelf: Shelf) -> None:
    assert "t.csv:2:1: not a table" in shelf.put("t.csv", 'id,name\na,"' + "x" * 200_000).refused("t.csv")[0]
