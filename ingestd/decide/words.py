"""The words by which machines and people say that something is broken, or whole again, in English and Chinese.

Tables first: to teach the fallback a word, add it here.
"""

import re
from collections.abc import Iterable

from ingestd.model import Severity

CRITICAL = (
    "critical", "criticals", "crit", "emergency", "emerg", "fatal", "disaster", "panic", "down", "outage",
    "unreachable", "offline", "power failure", "宕机", "紧急", "灾难", "致命", "瘫痪", "中断", "不可达", "离线",
    "断网", "断电", "停电",
)  # fmt: skip
ERROR = (
    "error", "errors", "err", "fail", "fails", "failed", "failing", "failure", "failures", "fault", "faulty",
    "major", "broken", "crashed", "crash", "exception", "traceback", "corrupt", "corrupted", "refused", "timeout",
    "timed out", "does not exist", "not responding", "not running", "unavailable", "missed", "cannot", "can't",
    "unable", "错误", "失败", "故障", "异常", "超时", "不可用", "无法", "坏了", "损坏", "崩溃", "无响应", "连不上",
    "打不开", "上不了", "不能用", "没有网", "没网", "严重",
)  # fmt: skip
WARNING = (
    "warning", "warnings", "warn", "minor", "degraded", "degradedarray", "expires", "expire", "expired", "high",
    "low", "slow", "alert", "alarm", "problem", "firing", "triggered", "needs attention", "banned", "infected",
    "exceeded", "overheat", "警告", "预警", "告警", "报警", "过期", "到期", "过高", "不足", "问题", "很慢", "卡顿",
)  # fmt: skip
RECOVERY = (
    "recovered", "recovery", "resolved", "cleared", "restored", "back to normal", "back up", "back online",
    "upalert", "has returned", "gone up", "within range again", "恢复", "已解决", "解除", "消除",
)  # fmt: skip
# Words of a recovery that also stand in texts about problems: they count where no word of a problem does.
CALM = ("ok", "oks", "okay", "up", "is up", "is ok", "succeeded", "no longer", "normal", "正常")
# "故障已恢复": the word of the problem belongs to its end.
OVER = re.compile(
    r"(?:problem|alert|alarm|error|issue|incident|outage|failure|warning)s? "
    r"(?:is |are |has been |have been |was )?(?:now )?(?:resolved|cleared|over|recovered|fixed|gone)"
    r"|(?:故障|告警|报警|预警|异常|问题|中断|错误)(?:已经|已|均已|全部|状态)?(?:恢复|解除|消除|解决)"
)
SUCCESS = ("success", "successful", "successfully", "completed", "finished", "passed", "成功", "完成")
# What only looks like one of the words above.
NOT_RECOVERED = (
    "not ok", "not recovered", "not resolved", "not up", "not restored", "failed to recover", "no recovery",
    "not cleared", "unresolved", "未恢复", "没恢复", "没有恢复", "尚未恢复", "未解决", "没有解决", "不正常",
    "无法恢复", "恢复失败",
)  # fmt: skip
NOT_BROKEN = (
    "0 failed", "0 errors", "0 error", "0 failures", "0 warnings", "0 critical", "no errors", "no error",
    "no failures", "no problems", "no problem", "no warnings", "without errors", "without problems", "无错误",
    "无异常", "没有问题", "无故障",
)  # fmt: skip

LONGEST_KEY = 300
NUMERIC_NOISE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?)?|\b\d{1,2}:\d\d(?::\d\d)?\b"
    r"|\d+(?:[.,]\d+)?\s*%"
)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """One pattern for a table; Latin words only as whole words, also beside Chinese characters."""
    ordered = sorted(words, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in ordered if word.isascii())
    other = "|".join(re.escape(word) for word in ordered if not word.isascii())
    whole = rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])" if latin else ""
    return re.compile("|".join(filter(None, (whole, other))))


_LEVELS: tuple[tuple[Severity, re.Pattern[str]], ...] = (
    ("critical", _any_of(CRITICAL)),
    ("error", _any_of(ERROR)),
    ("warning", _any_of(WARNING)),
)
_PROBLEM = _any_of((*CRITICAL, *ERROR, *WARNING))
_RECOVERY = _any_of(RECOVERY)
_CALM = _any_of(CALM)
_SUCCESS = _any_of(SUCCESS)
_NOT_RECOVERED = _any_of(NOT_RECOVERED)
_NOT_BROKEN = _any_of(NOT_BROKEN)
_STATES = _any_of((*CRITICAL, *ERROR, *WARNING, *RECOVERY, *CALM, *SUCCESS, *NOT_RECOVERED, "re", "fw", "fwd"))
_SEPARATORS = re.compile(r"[\W_]+")


def severity(text: str) -> Severity | None:
    """The worst severity that the words of ``text`` claim; None: no word of a problem."""
    plain = _NOT_BROKEN.sub(" ", text.casefold())
    return next((level for level, pattern in _LEVELS if pattern.search(plain)), None)


def says_recovered(text: str) -> bool:
    """Whether ``text`` says that a problem is over. In doubt it does not: a lost page is worse than one too many.

    A word of recovery counts before the first word of a problem ("RESOLVED: link down"), together with it
    ("故障已恢复"), or alone.
    """
    plain = _NOT_BROKEN.sub(" ", text.casefold())
    if _NOT_RECOVERED.search(plain):
        return False
    problem = _PROBLEM.search(plain)
    if not problem:
        return bool(_RECOVERY.search(plain) or _CALM.search(plain))
    starts = [found.start() for found in (OVER.search(plain), _RECOVERY.search(plain)) if found]
    return bool(starts) and min(starts) <= problem.start()


def says_success(text: str) -> bool:
    """Whether ``text`` says that something went well which may never have been broken."""
    return bool(_SUCCESS.search(text.casefold()))


def subject_key(subject: str) -> str:
    """What stays the same between a problem's subject, its repeats and its recovery: no state words, no times."""
    plain = _STATES.sub(" ", NUMERIC_NOISE.sub(" ", subject[:LONGEST_KEY].casefold()))
    return _SEPARATORS.sub(" ", plain).strip()
