"""What is said of files, in Chinese: by the English template; a template that stands in no table stays English.

``PLAIN`` is for texts that come as they are (from types that know no templates): ``{}`` stands for any text.
"""

import re
from collections.abc import Mapping
from functools import cache

from ingestd.check.chinesedoctor import DOCTOR
from ingestd.problem import Problem, Said

#: Words that are values of others.
WORDS: Mapping[str, str] = {
    "person": "人员",
    "team": "团队",
    "policy": "升级策略",
    "channel": "通道",
    "node": "节点",
    "service": "服务",
    "department": "部门",
    "calendar": "日历",
    "source": "来源",
    "adapter": "适配器",
    "target": "对象",
    "type": "类型",
    "text": "文本",
    "variable": "变量",
    "field": "字段",
    "a whole number": "整数",
    "a number": "数字",
    "true or false": "true 或 false",
    "a list": "列表",
    "keys and values": "键和值",
    "nothing": "空",
    "first": "第一个",
    "last": "最后一个",
    "a date such as 2027-01-31": "日期，例如 2027-01-31",
    "a date and time such as 2027-01-10T20:00:00Z": "日期和时间，例如 2027-01-10T20:00:00Z",
    "a URL such as sqlite:////var/lib/ingestd/ingestd.db or postgresql://user@host/name": (
        "URL，例如 sqlite:////var/lib/ingestd/ingestd.db 或 postgresql://user@host/name"
    ),
    "{one} or {other}": "{one}或{other}",
    " for team {team}": "（团队 {team}）",
    ": did you mean {near!r}?": "：是不是 {near!r}？",
    ": did you mean {near}?": "：是不是 {near}？",
    ": known are {names}": "：可用的有 {names}",
    ": known are {names} and {more} more": "：可用的有 {names} 等（另有 {more} 个）",
    ": there is no {kind} yet": "：还没有定义任何{kind}",
    ": expected a name such as Asia/Shanghai": "：应为 Asia/Shanghai 这样的名称",
    ": put it in quotes": "：请加引号",
    ": write it as a list, [ ]": "：请写成列表 [ ]",
    ": only true and false are truth values": "：只有 true 和 false 是真假值",
    ": write the value behind the colon": "：请在冒号后面写上值",
    ": write [] for none": "：没有就写 []",
    ": write names into fqdn or aliases": "：名称请写到 fqdn 或 aliases",
}

#: Files and their text.
FILES: Mapping[str, str] = {
    "can't be read: {why}": "无法读取：{why}",
    "can't be read: it is no file": "无法读取：它不是文件",
    "the file is larger than {most} MB": "文件超过 {most} MB",
    "expected ',' or ']' before this": "这之前应有 ',' 或 ']'",
    "expected ',' or '}}' before this": "这之前应有 ',' 或 '}}'",
    "expected a value here": "这里应有一个值",
    "this is UTF-16: save the file as UTF-8": "这是 UTF-16 编码：请把文件另存为 UTF-8",
    "not UTF-8: save the file as UTF-8": "不是 UTF-8 编码：请把文件另存为 UTF-8",
    "not UTF-8 but probably GB18030: save the file as UTF-8": "不是 UTF-8，可能是 GB18030 编码：请把文件另存为 UTF-8",
    "a control character ({char!r}): remove it": "有控制字符 ({char!r})：请删除",
    "a tab: indent with spaces": "这里是制表符：请用空格缩进",
    "a second document (---): expected one in a file": "出现第二个文档 (---)：一个文件只能有一个",
    "not YAML: {words}": "不是合法的 YAML：{words}",
    "this quote is not closed": "引号没有闭合",
    "this quote is closed only in line {line}": "这个引号到第 {line} 行才闭合",
    "this is not closed: expected {close!r}": "括号没有闭合：缺少 {close!r}",
    "this line is indented as nothing above it": "这一行的缩进与上文都不一致",
    "a second ': ' in this line: put the text in quotes": "这一行有第二个冒号加空格：请给文本加引号",
    "expected `key: value` in this line": "这一行应为 `键: 值`",
    "a text can't begin with this character: put it in quotes": "文本不能以这个字符开头：请加引号",
    "a text can't begin with '*': put it in quotes": "文本不能以 * 开头：请加引号",
    "a text can't begin with '&': put it in quotes": "文本不能以 & 开头：请加引号",
    "a text can't begin with '!': put it in quotes": "文本不能以 ! 开头：请加引号",
    "a text can't begin with '? ': put it in quotes": "文本不能以问号加空格开头：请加引号",
    "a line can't begin with '%': put the text in quotes": "行首不能是 %：请给文本加引号",
    "a backslash between double quotes: write \\\\, or use single quotes": (
        "双引号里有反斜杠：请写 \\\\，或改用单引号"
    ),
    "a '- ' here: begin the list in a new line": "这里有 '- '：列表请另起一行",
    "expected another '- ' as in the lines above, or another indentation": "这里应与上面一样以 '- ' 开头，或者缩进不对",
    "expected a key below those above: look at the indentation, and for a text after a closed quote": (
        "这里应是与上面对齐的键：请检查缩进，以及引号后面是否还有文字"
    ),
    "only a comment may follow | or > in the same line": "| 或 > 的同一行后面只能是注释",
    "the tag {tag} means nothing here: remove it": "标签 {tag} 在这里没有意义：请删除",
    "nested more than {most} deep": "嵌套超过 {most} 层",
    "this anchor contains itself": "这个锚点包含了它自己",
    "*{name}: there is no anchor &{name} before it": "*{name}：前面没有锚点 &{name}",
    "aliases unfold to more than {most} values": "别名展开后超过 {most} 个值",
    "expected a plain key": "键应为普通文本",
    "{key!r} is written twice (first in line {line})": "{key!r} 写了两次（第一次在第 {line} 行）",
    "{name!r} is written twice (first in line {line})": "{name!r} 写了两次（第一次在第 {line} 行）",
}

#: Types and values.
VALUES: Mapping[str, str] = {
    "unknown key {key!r}{hint}": "未知的键 {key!r}{hint}",
    "{key!r} is missing": "缺少 {key!r}",
    "expected {wanted}": "应为{wanted}",
    "expected {wanted}, got {got!r}": "应为{wanted}，实际是 {got!r}",
    "expected {wanted}, got {kind}{advice}": "应为{wanted}，实际是{kind}{advice}",
    "expected {wanted}, got {kind} {got!r}{advice}": "应为{wanted}，实际是{kind} {got!r}{advice}",
    "expected {last}, got {got!r}": "应为 {last}，实际是 {got!r}",
    "expected {first} or {last}, got {got!r}": "应为 {first} 或 {last}，实际是 {got!r}",
    "expected a list of {wanted}, got {got}": "应为 {wanted} 项的列表，实际是 {got} 项",
    "expected a duration such as 90s, 5m, 2h, 1d or 1h30m, got {got!r}": (
        "应为时长，例如 90s、5m、2h、1d 或 1h30m，实际是 {got!r}"
    ),
    "expected a time of day such as 06:00, got {got!r}": "应为时刻，例如 06:00，实际是 {got!r}",
    "expected a day of the month, got {got}": "应为一个月中的某一天，实际是 {got}",
    "expected 1 to {most} days, got {got}": "应为 1 到 {most} 天，实际是 {got}",
    "expected more than 0, got {got}": "应大于 0，实际是 {got}",
    "expected a port from 0 to {most}, got {got}": "端口应在 0 到 {most} 之间，实际是 {got}",
    "expected a path of at most {most} bytes": "路径最多 {most} 个字节",
    "expected a mail address, got {got!r}": "应为邮件地址，实际是 {got!r}",
    "expected http:// or https:// and a host, got {got!r}": "应为 http:// 或 https:// 加主机名，实际是 {got!r}",
    "expected http:// or https:// and a host": "应为 http:// 或 https:// 加主机名",
    "expected a header's name and a value in one line, got {got!r}": "应为 HTTP 头的名称和一行的值，实际是 {got!r}",
    "the header {name} can't be set": "不能设置 HTTP 头 {name}",
    "expected a command and its arguments, in a list": "应为命令及其参数的列表",
    "expected an absolute path or a name without '/', got {got!r}": "应为绝对路径或不含 '/' 的名称，实际是 {got!r}",
    "there is no command {name}": "没有命令 {name}",
    "unknown name {name!r} in braces{hint}": "花括号里的名称未知 {name!r}{hint}",
    "{name!r} can't name a channel": "{name!r} 不能用作通道的名称",
    "Apprise takes the refusals of {schema} for success: write type: {type}": (
        "Apprise 把 {schema} 的拒绝当作成功：请写 type: {type}"
    ),
    "Apprise takes the refusals of {schema} for success: use type: webhook or exec": (
        "Apprise 把 {schema} 的拒绝当作成功：请用 type: webhook 或 exec"
    ),
    "{schema} tells nobody: it writes to this machine": "{schema} 不会通知任何人：它只写到本机",
    "Apprise does not take this URL: {why}": "Apprise 不接受这个 URL：{why}",
    "expected a network such as 10.0.0.0/8, got {got!r}": "应为网段，例如 10.0.0.0/8，实际是 {got!r}",
    "expected a name of letters, digits, '.', '_' and '-' (part of an address), got {got!r}": (
        "名称只能含字母、数字、'.'、'_' 和 '-'（它是地址的一部分），实际是 {got!r}"
    ),
    "unknown time zone {name!r}{hint}": "未知的时区 {name!r}{hint}",
    "a store is sqlite or postgresql, not {backend}": "store 只能是 sqlite 或 postgresql，不能是 {backend}",
    "an SQLite store needs a file: sqlite:////var/lib/ingestd/ingestd.db": (
        "SQLite 需要一个文件：sqlite:////var/lib/ingestd/ingestd.db"
    ),
    "this calendar was not fetched yet: a running daemon does, `ingestd doctor` tries it": (
        "此日历尚未获取：守护进程运行时会获取，也可以用 `ingestd doctor` 试一次"
    ),
    "expected https:// and a host (http:// only for this machine)": "应为 https:// 加主机名（http:// 只允许指向本机）",
    "expected only one of {keys}": "{keys} 只能写其中一个",
    "there is no file {path}": "文件 {path} 不存在",
    "{path} can't be read: {why}": "{path} 无法读取：{why}",
    "{path} is empty: expected a secret in it": "{path} 是空的：里面应有密钥",
    "there is no certificate in this file: expected PEM": "文件里没有证书：应为 PEM 格式",
    "a key without a certificate": "只有私钥，没有证书",
    "certificate and key can't be used ({why}): expected PEM files of one pair, without a password": (
        "证书和私钥不能用 ({why})：应为一对没有口令的 PEM 文件"
    ),
}

#: Names, people, policies, channels.
SITE: Mapping[str, str] = {
    "unknown {kind} {name!r}{hint}": "未知的{kind} {name!r}{hint}",
    "{wrong} (or person:, team:, oncall: and a name)": "{wrong}（或写 person:、team:、oncall: 加名称）",
    "{name!r} is defined twice": "{name!r} 定义了两次",
    "{name!r} names two sources": "{name!r} 同时是两个来源的名称",
    "{name!r} is no node of topology.yaml": "topology.yaml 里没有节点 {name!r}",
    "expected at least one person": "至少要有一个人",
    "expected at least one person: somebody is always told": "至少要有一个人：总得有人被通知",
    "nobody can be told: expected {channels}": "无法通知任何人：应有 {channels}",
    "{target} reaches nobody: a last resort needs a person with a mail address or contacts": (
        "{target} 联系不到任何人：兜底联系人必须有邮件地址或联系方式"
    ),
    "expected sha256: and 64 hexadecimal digits, never the token itself": (
        "应为 sha256: 加 64 位十六进制数，不能写令牌本身"
    ),
    "this override changes nothing: expected at_least, at_most or page_at_once": (
        "这条 override 什么也不改变：应有 at_least、at_most 或 page_at_once"
    ),
    "checking the files did not end in {seconds} s: the reload is given up": (
        "检查文件 {seconds} 秒内没有结束：放弃这次重新加载"
    ),
    "checking the files ended with status {status}: {why}": "检查文件的进程以状态 {status} 结束：{why}",
    "the program was upgraded since this daemon started: restart it": "程序在守护进程启动后升级过：请重启它",
    "what was read can't be loaded: {why}": "读到的内容无法加载：{why}",
    "managers in a circle: {names}": "上级形成循环：{names}",
    "this step tells nobody": "这一步没有通知任何人",
    "nobody that this step tells has a contact": "这一步要通知的人都没有联系方式",
    "policy {policy} has no steps: it goes straight to the last resort": (
        "升级策略 {policy} 没有步骤：会直接通知兜底联系人"
    ),
    "policy {policy} reaches nobody{whose} at {when}: only the last resort is told": (
        "升级策略 {policy}{whose}在 {when} 联系不到任何人：只会通知兜底联系人"
    ),
    "mail is the only way out: if it fails nobody is told": "邮件是唯一的通道：它一旦失效就没有人被通知",
    "{person} is reached by groups only ({names}): a post is nobody's receipt": (
        "{person} 只能通过群（{names}）通知：群消息不算任何人收到"
    ),
    "every way out hangs on {node}: if it fails nobody is told": "所有通道都依赖 {node}：它一旦失效就没有人被通知",
    "all channels of policy {policy} hang on {node}": "升级策略 {policy} 的所有通道都依赖 {node}",
    "octets: expected 0 or more": "octets：应为 0 或更大的数",
    "bodies and people: expected at least 1h, or 0 for good; a number without a unit is seconds": (
        "bodies 和 people：应至少为 1h，0 表示永久保留；不带单位的数字以秒计"
    ),
    "rule {later} never gets its turn: {earlier} matches first": "规则 {later} 永远轮不到：{earlier} 总是先匹配",
}

#: Conditions of rules.
CONDITIONS: Mapping[str, str] = {
    "unknown fact {name!r}{near}": "未知的条件 {name!r}{near}",
    "expected at least one value": "至少要有一个值",
    "expected a text, got {got}: put it in quotes": "应为文本，实际是 {got}：请加引号",
    "expected one of {words}, got {got}": "应为 {words} 之一，实际是 {got}",
    "expected true or false, got {got}": "应为 true 或 false，实际是 {got}",
    "expected a mapping of facts, got {got}": "应为条件的键和值，实际是 {got}",
    "{name}: expected a list of conditions": "{name}：应为条件的列表",
    "{name} is a text: {sign} compares numbers, times, dates and levels": (
        "{name} 是文本：{sign} 只能比较数字、时刻、日期和级别"
    ),
    "nested too deeply: expected at most {most} conditions in one another": "条件嵌套太深：最多 {most} 层",
    "not an RE2 pattern ({why}): {pattern}": "不是 RE2 正则表达式 ({why})：{pattern}",
    "expected a pattern behind the ~": "~ 后面应有正则表达式",
    "expected a number, a stretch such as 3..7 or a comparison such as '>= 3', got {got}": (
        "应为数字、区间（例如 3..7）或比较（例如 '>= 3'），实际是 {got}"
    ),
    "expected a date such as 2027-01-31, a stretch 2027-01-24..2027-01-31 or a comparison, got {got}": (
        "应为日期（例如 2027-01-31）、区间（2027-01-24..2027-01-31）或比较，实际是 {got}"
    ),
    "expected a stretch of the day such as 22:00-06:00 or a comparison such as '>= 18:00', got {got}": (
        "应为一天中的时段（例如 22:00-06:00）或比较（例如 '>= 18:00'），实际是 {got}"
    ),
    "expected mon, tue, wed, thu, fri, sat, sun or a stretch such as mon-fri, got {got}": (
        "应为 mon、tue、wed、thu、fri、sat、sun 或区间（例如 mon-fri），实际是 {got}"
    ),
    "expected at least one of subject, from, header, body": "至少要有 subject、from、header、body 之一",
}

#: topology.yaml.
TOPOLOGY: Mapping[str, str] = {
    "{name!r} is defined twice (first in line {line}); the {counts} definition counts": (
        "{name!r} 定义了两次（第一次在第 {line} 行）；以{counts}为准"
    ),
    "{name!r} is also a name of {owner} (line {line}): an alert that says it is taken for neither": (
        "{name!r} 也是 {owner} 的名称（第 {line} 行）：用它的告警不会归到任何一个"
    ),
    "{name} depends on itself: left out": "{name} 依赖自己：已忽略",
    "the same dependency twice": "同一个依赖写了两次",
    "any_of is empty: name the nodes that stand in for one another": "any_of 是空的：请写出互为备份的节点",
    "any_of of {name} alone is a hard dependency: write {name}, or name the other": (
        "any_of 里只有 {name} 就是硬依赖：请直接写 {name}，或写上另一个"
    ),
    "any_of names a node twice": "any_of 里同一个节点写了两次",
    "{ip!r} is no IP address{hint}": "{ip!r} 不是 IP 地址{hint}",
    "class {name!r}: expected critical, important or normal": "class {name!r}：应为 critical、important 或 normal",
    "class counts for services only; {node} is a {kind}": "class 只对服务有意义；{node} 是 {kind}",
    "the service {node} depends on nothing: no failure will be seen to break it": (
        "服务 {node} 没有依赖：任何故障都不会被认为影响它"
    ),
    "{name!r} is also of {owner}; the last one counts": "{name!r} 也属于 {owner}；以最后一个为准",
    "fewer than no people": "人数是负数",
    "it ends before it starts: it covers nothing": "结束早于开始：不覆盖任何时间",
    "over since {day}: it never comes again": "{day} 已经结束：不会再生效",
    "a circle: {names}; none of them explains another": "循环依赖：{names}；它们互不解释",
    "{count} of {all} nodes depend on nothing, and nothing on them: {names}; "
    "their alerts are never explained by another's": (
        "{all} 个节点中有 {count} 个既无依赖也不被依赖：{names}；它们的告警永远不会由别的告警解释"
    ),
}

PLAIN: Mapping[str, str] = {
    "expected a pattern, got {}: put it in quotes": "应为正则表达式，实际是 {0}：请加引号",
    "not an RE2 pattern ({}): {}": "不是 RE2 正则表达式 ({0})：{1}",
    "expected either every or by": "every 和 by 必须写且只写一个",
    "expected at least one weekday": "至少要有一个星期几",
    "expected either start and end, or weekly, or monthly": "start 与 end、weekly、monthly 三者必须写且只写一种",
    "a single window needs start and end": "单次维护窗口需要 start 和 end",
    "since, until and zone go with weekly and monthly": "since、until、zone 只用于 weekly 和 monthly",
    "expected exactly one of subject, from, header, body": "subject、from、header、body 必须写且只写一个",
    "expected a named group such as (?P<host>...)": "应有命名分组，例如 (?P<host>...)",
    "expected at least one alternative under when": "when 下面至少要有一个条件",
    "expected an id of small letters, digits, - and _, got {}": "id 只能含小写字母、数字、- 和 _，实际是 {0}",
    "impact {} needs a priority for urgency high, medium and low": (
        "影响度 {0} 需要写出 high、medium、low 三种紧急度的优先级"
    ),
    "same: expected check, label:NAME, {}; got {}": "same：应为 check、label:NAME、{0}；实际是 {1}",
    "no such time: {}; known: {}": "没有这个时间：{0}；可用的有 {1}",
    "expected a JMESPath expression, got {}: put it in quotes": "应为 JMESPath 表达式，实际是 {0}：请加引号",
    "expected at least one of the fields summary, check, host": "summary、check、host 字段至少要有一个",
    "ends: ends_at needs the field ends_at": "ends: ends_at 需要字段 ends_at",
    "not JMESPath: {}": "不是 JMESPath：{0}",
    "identity: there is no field {}: known are {}": "identity：没有字段 {0}：可用的有 {1}",
    "needs: there is no field {}": "needs：没有字段 {0}",
    'expected a mode in quotes such as "0660", got {}': '应为带引号的权限，例如 "0660"，实际是 {0}',
    "line {}: expected name:$argon2id$… as `ingestd password` prints it": (
        "第 {0} 行：应为 名称:$argon2id$…，即 `ingestd password` 的输出"
    ),
    "source {}: {} does not sign what it sends; give it a token instead": "来源 {0}：{1} 不签名；请改用 token",
    "source {} needs a token or a token_file with one": "来源 {0} 需要 token，或含 token 的 token_file",
    "expected letters, digits, '.', '_' and '-'": "只能含字母、数字、'.'、'_' 和 '-'",
    "the password would cross the network in the open: expected implicit or starttls, or insecure: true": (
        "密码会在网络上明文传输：应为 implicit 或 starttls，或写 insecure: true"
    ),
    "expected one of password, password_file, password_env and oauth2": (
        "password、password_file、password_env、oauth2 必须写且只写一个"
    ),
    "expected token_file or token_command": "应有 token_file 或 token_command",
    "goes with seen: move, and only with it": "必须且只能与 seen: move 一起使用",
    "expected another mailbox than the one that is read": "不能是正在读取的邮箱",
    "expected 1 to {}": "应为 1 到 {0}",
    "expected at least 1s": "至少 1s",
    "expected some seconds": "应为若干秒",
    "expected at most size_limit": "最多为 size_limit",
    "{}: expected $argon2id$… as `ingestd password` prints it": "{0}：应为 $argon2id$…，即 `ingestd password` 的输出",
    "nobody could log in: add users or users_file": "没有人能登录：请加上 users 或 users_file",
    "passwords are taken only after STARTTLS: add a certificate, or auth_without_tls: true": (
        "只有 STARTTLS 之后才接受密码：请加上证书，或写 auth_without_tls: true"
    ),
    "there is no certificate to do it with": "没有证书，做不到",
    "expected at least twice size_limit": "至少为 size_limit 的两倍",
    "expected {} events, got {}": "应有 {0} 个原始事件，实际有 {1} 个",
    "{}: expected {}, got {}": "{0}：应为 {1}，实际是 {2}",
}

CALENDARS: Mapping[str, str] = {
    "country": "国家或地区",
    "expected a file rules/*.ics": "应为 rules/ 里的 .ics 文件",
    "expected UTF-8": "应为 UTF-8 编码",
    "{file}: {why}": "{file}：{why}",
    "the adjusted working days of {year} are not known: once {country} announces them, write them as ical": (
        "还不知道 {year} 年的调休安排：{country} 公布后请写入 ical"
    ),
}

#: Rotas, quiet hours, days away.
ROTAS: Mapping[str, str] = {
    "a date and time such as 2027-01-31 18:00": "日期和时间，例如 2027-01-31 18:00",
    "expected day, week, 3 days or 2 weeks, got {got!r}": "应为 day、week、3 days 或 2 weeks，实际是 {got!r}",
    "expected hours such as 22:00-07:00, got {got!r}": "应为时段，例如 22:00-07:00，实际是 {got!r}",
    "{key} needs {lacking}": "写了 {key} 就必须写 {lacking}",
    "an outsider has no token: she may acknowledge by link": "外部人员没有令牌：可以通过链接接单",
    "{layer} never holds: the layers after it take all its time": "{layer} 永远轮不到：后面的层占了它的全部时间",
    "override {n} is for the same time ({start} to {end}): the last written counts": (
        "第 {n} 个 override 与它重叠（{start} 至 {end}）：以写在后面的为准"
    ),
    "nobody is on call of {team} from {start} to {end}{more}": "团队 {team} 从 {start} 到 {end} 无人值班{more}",
    " and {count} times more": "，另外还有 {count} 次",
    "{person} has no contact: nobody is told in this turn": "{person} 没有联系方式：轮到时没有人被通知",
    "{person} is away then: the next one is called": "{person} 那时不在：由下一个人值班",
    "{file}: {title!r} names nobody of people.yaml": "{file}：{title!r} 没有写出 people.yaml 里的任何人",
}

TEMPLATES: Mapping[str, str] = {
    "there is no folder {path}": "没有文件夹 {path}",
    "expected a template of at most {most} characters": "模板最多 {most} 个字符",
    "can't be read as a template: {why}": "不是有效的模板：{why}",
    "no shipped template has this name, and none of yours uses it{hint}": (
        "没有这个名称的内置模板，您的模板也没有用到它{hint}"
    ),
    "unknown language {name!r}: expected {languages}, or one that texts.templates has a folder for": (
        "未知的语言 {name!r}：应为 {languages}，或 texts.templates 中有其文件夹的语言"
    ),
    "no template for {kinds}: these are told in English": "缺少 {kinds} 的模板：这些通知将用英文",
    "there is no template {name!r}{hint}": "没有模板 {name!r}{hint}",
    "the template breaks on {kind}: {why}": "模板在 {kind} 上出错：{why}",
    "it says nothing": "没有内容",
    "it says nothing: expected a subject in the first line, then the text": "没有内容：第一行应为主题，其后是正文",
    "it takes more than {most} steps": "超过 {most} 步",
    "it makes more than {most} characters": "超过 {most} 个字符",
    "it makes a list of more than {most}": "列表超过 {most} 项",
    "it makes a number above {most}": "数字超过 {most}",
    "replace: expected a text to replace, and at most {most} characters instead": (
        "replace：应有要替换的文本，替换成的文本最多 {most} 个字符"
    ),
    "expected a number of at most {most}, got {got}": "数字最大 {most}，现为 {got}",
    "texts can't be formatted in a template: use ~ and join": "模板里不能使用格式化：请用 ~ 和 join",
}

CATALOGUE: Mapping[str, str] = {
    **DOCTOR,
    **WORDS,
    **CALENDARS,
    **ROTAS,
    **FILES,
    **VALUES,
    **SITE,
    **CONDITIONS,
    **TOPOLOGY,
    **TEMPLATES,
}


def in_chinese(problem: Problem) -> str:
    """The words of a problem."""
    words = problem.said
    return words.translated(CATALOGUE) if isinstance(words, Said) else _plain(words)


def _plain(text: str) -> str:
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return chinese.format(*found.groups())
    return text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The plain texts as patterns, those with the most words first."""
    ordered = sorted(PLAIN.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return tuple((re.compile("(.*)".join(map(re.escape, key.split("{}"))), re.DOTALL), text) for key, text in ordered)
