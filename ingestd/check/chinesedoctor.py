"""What `ingestd doctor` and the auditor say, in Chinese: by the English template (see ``chinese.py``)."""

from collections.abc import Mapping

#: What the auditor finds, and the alarm past a stuck engine.
AUDITOR: Mapping[str, str] = {
    "entry {id} ({kind} from {source}) was kept and not stepped": (
        "消息 {id}（{kind}，来自 {source}）已收下但没有被处理"
    ),
    "incident {number} ({state}) waits for nothing": "故障单 {number}（{state}）没有任何待办时间",
    "incident {number} was due {seconds} s ago": "故障单 {number} 在 {seconds} 秒前就该有下一步",
    "page n{id} of incident {number} to {person} has been {state} for {seconds} s": (
        "故障单 {number} 发给 {person} 的通知 n{id} 停在 {state} 已 {seconds} 秒"
    ),
    "the engine has not moved for {seconds} s: {count} entries wait": (
        "处理引擎已 {seconds} 秒没有前进：{count} 条消息在等待"
    ),
    "the last resort is nobody who can be told now": "兜底联系人里现在没有能通知到的人",
    "the store does not answer: {why}": "存储没有响应：{why}",
    "ingestd itself is stuck: new alerts may not be told": "ingestd 自身卡住了：新的告警可能无法通知",
    "Restart it (systemctl restart ingestd), then look with `ingestd doctor`. It loses nothing it has accepted.": (
        "请重启它（systemctl restart ingestd），然后用 `ingestd doctor` 检查。已经收下的内容不会丢失。"
    ),
}

#: The names of the looks.
NAMES: Mapping[str, str] = {
    "configuration": "配置",
    "{path}: permissions": "{path}：权限",
    "iCalendar of {name}": "{name} 的 iCalendar",
    "daemon": "守护进程",
    "ready": "就绪",
    "auditor": "审计",
    "dead man's switch": "失联监视",
    "on call: {team}": "值班：{team}",
    "last resort": "兜底联系人",
    "name {host}": "域名 {host}",
    "mode": "模式",
    "relay {name}": "邮件中继 {name}",
    "channel {name}": "通道 {name}",
    "certificate {name}": "证书 {name}",
    "certificate of {name}": "{name} 的证书",
    "links": "链接",
    "clock": "时钟",
    "clock by {server}": "时钟（对照 {server}）",
    "disk of {folder}": "磁盘 {folder}",
    "store": "存储",
    "test page to {person} by {channel}": "测试通知：{person}，经 {channel}",
}

#: What they find.
FOUND: Mapping[str, str] = {
    "{words}": "{words}",
    "{first}; {count} more": "{first}；另有 {count} 项",
    "{count} errors, the first: {place}: {first}": "{count} 个错误，第一个：{place}：{first}",
    "{count} warnings, the first: {place}: {first}": "{count} 个警告，第一个：{place}：{first}",
    "{path} can be written by others ({mode})": "{path} 可以被他人写入（{mode}）",
    "{path} has secrets in it and can be read by others ({mode})": "{path} 里有密码等机密，而且他人可读（{mode}）",
    "{path} is not there yet": "{path} 还不存在",
    "{path} is open to others ({mode})": "{path} 对他人开放（{mode}）",
    "{path} belongs to user {user}, the state folder to {owner}": "{path} 属于用户 {user}，状态目录属于 {owner}",
    "{path} can't be written": "{path} 无法写入",
    "it can't be fetched: {why}": "无法获取：{why}",
    "{count} events": "{count} 个事件",
    "nobody answers": "没有响应",
    "nobody answers at {url}: {why}": "{url} 没有响应：{why}",
    "it answers {status}": "它回答 {status}",
    "nothing is stuck": "没有卡住的事项",
    "you have no token to ask it with": "没有令牌，无法询问",
    "nobody outside notices when this machine dies": "这台机器停机时，外面没有人会发现",
    "it tells its watcher every {seconds} s that all is well": "每 {seconds} 秒向监视方报一次平安",
    "nobody is on call until {until}": "到 {until} 为止无人值班",
    "nobody is on call from {start} to {end}": "{start} 至 {end} 无人值班",
    "{people} is on call and has no address on a channel that is configured": (
        "{people} 正在值班，但在已配置的通道上没有地址"
    ),
    "{host} is not known: {why}": "无法解析 {host}：{why}",
    "it can't be tried without sending": "不发送就无法试用",
    "it only observes: nobody is paged": "只观察模式：不通知任何人",
    "good for {days} days": "还有 {days} 天有效",
    "it ended {days} days ago": "{days} 天前已过期",
    "it could not be looked at: {why}": "无法查看：{why}",
    "it is not trusted: {why}": "不受信任：{why}",
    "it shows none": "它没有出示证书",
    "there is no public_url: pages carry no links": "没有设置 public_url：通知里没有链接",
    "{url} does not answer: {why}": "{url} 没有响应：{why}",
    "{url} answers {status} {first!r}": "{url} 回答 {status} {first!r}",
    "{url} answers; this proves only the way from this machine": "{url} 有响应；这只证明从本机可以到达",
    "it was compared with no other": "没有与别的时钟对照",
    "no answer: {why}": "没有响应：{why}",
    "off by {seconds} s": "相差 {seconds} 秒",
    "{free} MiB free": "剩余 {free} MiB",
    "{count} inodes free of {all}": "inode 剩余 {count}，共 {all}",
    "there is no store yet: `ingestd run` makes it": "还没有存储：`ingestd run` 会建立",
    "nothing wrong in the first {seconds} s of a look through {file}": "查看 {file} 的前 {seconds} 秒没有发现问题",
    "{file} is damaged: {why}": "{file} 已损坏：{why}",
    "the database does not answer: {why}": "数据库没有响应：{why}",
    "no answer in {seconds} s": "{seconds} 秒内没有响应",
    "the look itself broke: {why}": "检查本身出错：{why}",
    "{to} should have it: {detail}": "{to} 应当已收到：{detail}",
    "{to} has nothing: {detail}": "{to} 没有收到：{detail}",
    "{fail} failed, {warn} warnings": "失败 {fail} 项，警告 {warn} 项",
}

#: What to do, and what is asked.
REMEDIES: Mapping[str, str] = {
    "the copy from before stays in force; see `ical` or `ical_file`": (
        "之前的副本继续有效；请检查 `ical` 或 `ical_file`"
    ),
    "`ingestd check` shows all of it": "`ingestd check` 会全部列出",
    "chmod 600 {path}": "chmod 600 {path}",
    "chmod 600 {path}, or keep the secrets in files of their own": "chmod 600 {path}，或者把机密放到单独的文件里",
    "chmod go-w {path}": "chmod go-w {path}",
    "chown {owner} {path}": "chown {owner} {path}",
    "chown or chmod it for the daemon's user": "用 chown 或 chmod 让守护进程的用户可以写",
    "`ingestd run`, or `systemctl start ingestd`; elsewhere: `--url`": (
        "`ingestd run` 或 `systemctl start ingestd`；在别处则用 `--url`"
    ),
    "restart it": "请重启它",
    "see its log: journalctl -u ingestd": "查看日志：journalctl -u ingestd",
    "set INGESTD_TOKEN, or `--token-file`": "设置 INGESTD_TOKEN，或用 `--token-file`",
    "is it your token, and this version?": "令牌是您的吗？版本一致吗？",
    "what stands for four minutes opens an incident; see the log, and restart it if this does not end": (
        "持续四分钟的会开故障单；请查看日志，若不消失请重启"
    ),
    "set `dead_man` to a watcher's URL (docs/operating.md)": "把 `dead_man` 设为监视方的 URL（docs/operating.md）",
    "add people, a layer or an override to the rota of {team}": "给团队 {team} 的值班表增加人员、层或 override",
    "add `mail` or `contacts` in people.yaml": "在 people.yaml 里写上 `mail` 或 `contacts`",
    "name somebody with an address in `last_resort`": "在 `last_resort` 里写一个有地址的人",
    "mend its DNS entry, or /etc/hosts and /etc/resolv.conf of this machine": (
        "修正它的 DNS 记录，或本机的 /etc/hosts 和 /etc/resolv.conf"
    ),
    "`ingestd doctor --send` sends a test page": "`ingestd doctor --send` 会发送测试通知",
    "`mode: page` in ingestd.yaml": "在 ingestd.yaml 里写 `mode: page`",
    "is {host} the relay, and is port {port} open from here?": "中继是 {host} 吗？从本机能连到端口 {port} 吗？",
    "it does not begin with TLS: `tls: starttls`, or another port (465)": (
        "它不是一开始就用 TLS：请写 `tls: starttls`，或换端口（465）"
    ),
    "it offers no STARTTLS: `tls: none` or `implicit`, or another port (587)": (
        "它不提供 STARTTLS：请写 `tls: none` 或 `implicit`，或换端口（587）"
    ),
    "it refuses the login: see `user` and the password": "它拒绝登录：请检查 `user` 和密码",
    "its certificate is not trusted here: renew it, or name who signed it in `ca_file`": (
        "它的证书在这里不受信任：请更新证书，或在 `ca_file` 里写上签发者"
    ),
    "see its entry under `channels` in ingestd.yaml, and whether this machine may reach it": (
        "请检查 ingestd.yaml 里 `channels` 下的这一项，以及本机能否到达"
    ),
    "renew it": "请更新证书",
    "renew it, or add the chain of who signed it": "请更新证书，或补上签发者的证书链",
    "set `public_url`, and pages can be taken by one tap": "设置 `public_url`，通知就可以一点接单",
    "see the proxy or port forwarding before it: it must pass on to listen.http": (
        "请检查前面的代理或端口转发：它必须转到 listen.http"
    ),
    "`--net` asks {server} and the host of `dead_man`": "`--net` 会询问 {server} 和 `dead_man` 的主机",
    "UDP port 123 may be closed: `--ntp HOST` asks another": "UDP 端口 123 可能不通：`--ntp HOST` 换一个",
    "let chrony or systemd-timesyncd keep the time": "请用 chrony 或 systemd-timesyncd 对时",
    "make room: below {least} MiB senders are turned away for a while": "请腾出空间：低于 {least} MiB 时会暂时拒收",
    "see `store` in ingestd.yaml, and the server": "请检查 ingestd.yaml 里的 `store` 和数据库服务器",
    "stop the daemon, keep a copy, and restore the last backup (docs/operating.md)": (
        "请停止守护进程，留一份副本，恢复最近的备份（docs/operating.md）"
    ),
    "mend the channel, or the address of {person} in people.yaml": "请修正通道，或 people.yaml 里 {person} 的地址",
    "Send {count} test pages now? [y/N] ": "现在发送 {count} 条测试通知吗？[y/N] ",
    "nobody answered: `--yes` sends without asking": "没有人回答：`--yes` 不问就发送",
    "[test] ingestd: a test page, nothing is wrong": "[测试] ingestd：这是测试通知，没有故障",
    "Somebody ran `ingestd doctor --send`. You are on call, and this channel works. Nothing is to be done.": (
        "有人运行了 `ingestd doctor --send`。您正在值班，这个通道可用。无需处理。"
    ),
}

DOCTOR: Mapping[str, str] = {**AUDITOR, **NAMES, **FOUND, **REMEDIES}
