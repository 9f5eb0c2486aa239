"""A table with a line of headings: CSV as spreadsheets and databases write it.

Headings are known by their usual names in several languages, in any order; ``,``, ``;`` and tabs divide. In
``depends_on``, ``;`` stands between dependencies and ``|`` between nodes that stand in for one another. What is wrong
is an error with its line, all in one go: a table is written by hand, and half of it would mislead.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.topology import SERVICE_CLASSES, DepartmentSpec, NodeSpec
from ingestd.inventory.files import Text, texts, unreadable
from ingestd.inventory.found import At, Gathering, Inventory, Options
from ingestd.inventory.kinds import guess
from ingestd.yamltypes import ConfigError, Problem, did_you_mean

#: field -> what a column of it is called, in lower case and with _ for blanks.
HEADINGS: Mapping[str, str] = {
    "id": "id node host hostname host_name node_id device device_name 主机名 主机 主机名称 节点 设备 设备名称 编号",
    "name": "name display_name title label description visible_name 名称 显示名 显示名称 中文名 中文名称 描述",
    "fqdn": "fqdn dns dns_name domain_name 域名 全名",
    "ip": "ip ip_address ipaddress address addr ipv4 primary_ip 管理ip 管理地址 ip地址 地址",
    "kind": "kind type category role class_of_device 类型 类别 设备类型 种类",
    "depends_on": "depends_on depends dependencies dependency parent parents uplink uplinks upstream 依赖 依赖于 上级 "
    "上联 上联设备 父节点",
    "aliases": "aliases alias other_names synonyms 别名",
    "site": "site location datacenter building 站点 机房 地点 位置 园区",
    "rack": "rack cabinet 机柜 机架",
    "department": "department dept division unit 部门 科室 使用部门",
    "owner": "owner team responsible responsible_team group 负责人 负责组 责任组 团队 运维组",
    "remedy": "remedy runbook what_to_do fallback 处理办法 应急措施 备用方案 预案",
    "class": "class importance criticality service_class tier 重要性 等级 级别 重要程度",
    "used_by": "used_by users departments 使用者 使用部门列表",
}
FIELDS = {heading: field for field, headings in HEADINGS.items() for heading in headings.split()}
CLASSES = {"关键": "critical", "核心": "critical", "重要": "important", "普通": "normal", "一般": "normal"}
KIND_WORDS = {"服务": "service", "业务": "service", "应用": "service", "service": "service"}
DIVIDERS = (",", ";", "\t")
ONE_TEXT = ("id", "name", "fqdn", "ip", "kind", "site", "rack", "department", "owner", "remedy")


class Row(Struct, frozen=True):
    """A line of the table: field -> text."""

    at: At
    cells: dict[str, str]

    def list_of(self, field: str) -> tuple[str, ...]:
        """A cell that holds several names."""
        return tuple(part.strip() for part in self.cells.get(field, "").split(";") if part.strip())


def read(paths: Sequence[Path], options: Options) -> Inventory:
    """CSV files, or folders of them; ConfigError with everything that is wrong in them."""
    gathering, problems = Gathering(), list[Problem]()
    uses: dict[str, list[str]] = {}
    first: dict[str, At] = {}
    for text in texts(paths, (".csv", ".tsv", ".txt")):
        for row in _rows(text, gathering, problems):
            _take(row, gathering, uses, first, problems)
    if problems:
        raise ConfigError(*problems)
    for department, services in uses.items():
        gathering.department(DepartmentSpec(id=department, uses=tuple(services)))
    return gathering.finish(options.site)


def _rows(text: Text, gathering: Gathering, problems: list[Problem]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text.text.replace("\0", "")), delimiter=_divider(text.text), strict=False)
    try:
        headings = next((cells for cells in reader if any(map(str.strip, cells))), [])
        fields = _fields(headings, At(text.name, max(reader.line_num, 1)), gathering)
        for cells in reader:
            at = At(text.name, reader.line_num)
            if len(cells) > len(fields) and any(map(str.strip, cells[len(fields) :])):
                said = f"{len(cells)} cells under {len(fields)} headings: put text with a divider in it in quotes"
                problems.append(Problem(at.file, at.line, 1, said))
            elif any(map(str.strip, cells)):
                filled = zip(fields, cells, strict=False)
                yield Row(at, {field: cell.strip() for field, cell in filled if field and cell.strip()})
    except csv.Error as error:
        raise unreadable(At(text.name, max(reader.line_num, 1)), f"not a table: {error}") from error


def _fields(headings: list[str], at: At, gathering: Gathering) -> list[str]:
    """The field of each column; "" for what is none."""
    words = [heading.strip().strip("\ufeff").casefold().replace(" ", "_").replace("-", "_") for heading in headings]
    fields = [FIELDS.get(word, "") for word in words]
    if "id" not in fields and "name" in fields:
        fields[fields.index("name")] = "id"
    if "id" not in fields:
        expected = "one of id, host, hostname, device, name, 主机名, 设备名称"
        raise unreadable(at, f"no column names the nodes: expected a line of headings with {expected}")
    for i, (word, field) in enumerate(zip(words, fields, strict=True)):
        if field and field in fields[:i]:
            fields[i] = ""
            gathering.remark(at, f"the column {headings[i].strip()!r} says {field} again: not read")
        elif word and not field:
            gathering.remark(at, f"the column {headings[i].strip()!r} is not read{did_you_mean(word, tuple(HEADINGS))}")
    return fields


def _take(
    row: Row, gathering: Gathering, uses: dict[str, list[str]], first: dict[str, At], problems: list[Problem]
) -> None:
    name = row.cells.get("id", "")
    wrong = ""
    if not name:
        wrong = "no name in the column of the nodes"
    elif name in first:
        wrong = f"{name!r} stands in line {first[name].line} of {first[name].file} already"
    class_ = CLASSES.get(row.cells.get("class", ""), row.cells.get("class", "").casefold())
    if class_ not in SERVICE_CLASSES:
        wrong = f"the class {class_!r}: expected critical, important, normal or nothing"
    if wrong:
        problems.append(Problem(row.at.file, row.at.line, 1, wrong))
        return
    first[name] = row.at
    spec = NodeSpec(id=name, aliases=row.list_of("aliases"), class_=class_)
    texts_ = {field: row.cells[field] for field in ONE_TEXT if field in row.cells}
    gathering.node(replace(spec, **(texts_ | {"kind": _kind(row)})))
    for wanted in row.list_of("depends_on"):
        gathering.needs(name, tuple(part.strip() for part in wanted.split("|") if part.strip()), row.at)
    if row.cells.get("department"):
        uses.setdefault(row.cells["department"], [])
    for department in row.list_of("used_by"):
        uses.setdefault(department, []).append(name)


def _kind(row: Row) -> str:
    """As written, in our word for it if it has one."""
    said = row.cells.get("kind", "")
    if said.casefold() in KIND_WORDS:
        return KIND_WORDS[said.casefold()]
    hint = guess(said) if said else None
    return hint.kind if hint else said or "server"


def _divider(text: str) -> str:
    """What stands most often in the first line that says something."""
    line = next((line for line in text.split("\n") if line.strip()), "")
    return max(DIVIDERS, key=line.count)
