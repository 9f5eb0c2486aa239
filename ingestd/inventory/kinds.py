"""What a node probably is, by the words that others use of it; always a guess, and said to be one."""

from collections.abc import Mapping

from msgspec import Struct

#: kind -> words of its groups, templates, roles and names. The first kind that a word stands for counts.
WORDS: Mapping[str, str] = {
    "power": "ups pdu power powerware 电源 配电",
    "firewall": "firewall fw fortigate pfsense opnsense 防火墙",
    "ap": "ap wap accesspoint wlan wireless wifi 无线",
    "switch": "switch switche sw swi nexus catalyst spine leaf tor comware vrp procurve 交换机",
    "router": "router rt gw gateway mikrotik routeros 路由器 网关",
    "hypervisor": "hypervisor esx esxi vmhost proxmox pve kvm xen hyperv 宿主机 虚拟化主机",
    "vm": "vm vms virtual guest 虚拟机",
    "storage": "storage san nas netapp synology qnap 存储",
    "printer": "printer plotter mfp 打印机",
    "phone": "phone telephone voip 电话",
    "camera": "camera cctv 摄像",
    "pc": "pc workstation desktop laptop client 终端 工作站",
    "server": "server srv linux windows unix host 服务器 主机",
}
#: How far from the way out, by the words of a role or a name.
DEPTHS: Mapping[int, str] = {
    0: "isp wan internet border edge uplink provider 出口",
    1: "core spine backbone 核心",
    2: "distribution dist aggregation agg 汇聚",
    3: "access acc leaf tor floor 接入",
}
KIND_DEPTHS: Mapping[str, int] = {"router": 1, "firewall": 1, "switch": 3}
END = 4  # servers, telephones: nothing hangs on them
#: Words of checks and triggers that say whether the node answers at all.
REACHABILITY = (
    "ping",
    "icmp",
    "alive",
    "reachable",
    "unavailable",
    "unreachable",
    "is down",
    "不可达",
    "不可用",
    "宕机",
)
#: Words of checks that only one kind of node has.
CHECKS: Mapping[str, tuple[str, ...]] = {
    "power": ("ups", "battery", "on battery", "电池"),
    "printer": ("toner", "printer", "paper"),
    "switch": ("link status", "ifoperstatus", "port status", "spanning", "interface", "端口"),
    "storage": ("raid", "lun", "volume pool"),
}


class Guess(Struct, frozen=True):
    """A kind, and the word that it was guessed from."""

    kind: str
    word: str


def guess(*texts: str) -> Guess | None:
    """What the first telling text says that a node is."""
    for text in texts:
        found = _by_words(text)
        if found:
            return found
    return None


def guess_by_checks(checks: tuple[str, ...]) -> Guess | None:
    """What the names of its checks say that a node is."""
    for check in checks:
        folded = f" {check.casefold()} "
        for kind, words in CHECKS.items():
            if any(word in folded for word in words):
                return Guess(kind, check)
    return None


def depth(kind: str, *texts: str) -> int:
    """How far from the way out a node of this kind and these names stands: 0 is the border, 4 the end."""
    for text in texts:
        tokens = _tokens(text)
        for number, words in DEPTHS.items():
            if any(word in tokens or (not word.isascii() and word in text) for word in words.split()):
                return number
    return KIND_DEPTHS.get(kind, END)


def is_reachability(*texts: str) -> bool:
    """Whether a check or a trigger says that a node does not answer."""
    return any(word in text.casefold() for text in texts for word in REACHABILITY)


def _by_words(text: str) -> Guess | None:
    tokens = _tokens(text)
    for kind, words in WORDS.items():
        for word in words.split():
            if word in tokens or (not word.isascii() and word in text):
                return Guess(kind, text)
    return None


def _tokens(text: str) -> frozenset[str]:
    """Its words in lower case, without numbers and without the s of a plural."""
    letters = "".join(letter if letter.isascii() and letter.isalpha() else " " for letter in text.casefold())
    words = letters.split()
    return frozenset((*words, *(word.removesuffix("s") for word in words)))
