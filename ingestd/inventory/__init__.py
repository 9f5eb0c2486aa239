"""What other tools know of a site, read as a topology: one file a format, and the YAML that is made of it.

Every reader is a function from files to an ``Inventory``. It invents nothing: what it guesses stands in a comment
beside the node, what it can't decide is a remark with file and line. A file that can't be read at all is a
``ConfigError``.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ingestd.inventory import icinga, lldp, nagios, netbox, table, zabbix
from ingestd.inventory.found import Inventory, Options

Reader = Callable[[Sequence[Path], Options], Inventory]

READERS: Mapping[str, Reader] = {
    "nagios": nagios.read,
    "icinga": icinga.read,
    "zabbix": zabbix.read,
    "netbox": netbox.read,
    "csv": table.read,
    "lldp": lldp.read,
}
ABOUT: Mapping[str, str] = {
    "nagios": "object files, nagios.cfg or a folder: hosts, parents, host dependencies",
    "icinga": "Icinga 2: objects, templates, dependencies and the apply rules that can be decided",
    "zabbix": "an export of hosts: YAML, JSON or XML",
    "netbox": "answers of its API: devices, virtual machines, clusters, cables, interfaces",
    "csv": "a table with a line of headings",
    "lldp": "neighbour tables: lldpcli -f json, show or display lldp neighbors, a CSV of links",
}
