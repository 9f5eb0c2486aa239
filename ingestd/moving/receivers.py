"""Receivers of Alertmanager as people and ways out.

Mail addresses are people. A chat or a hook has no person behind it: it becomes one whose only contact is its channel.
Keys and services: https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
"""

from collections.abc import Mapping
from email.utils import getaddresses

from msgspec import Struct

from ingestd.channels.mail import MailSettings
from ingestd.decide.oncall import Contact
from ingestd.moving.sketch import Sketch, is_mail
from ingestd.moving.source import Part, words


class Way(Struct, frozen=True, kw_only=True):
    """What stands in for a service."""

    service: str
    type: str
    form: str  # of what the admin puts into the file of its URL
    to: tuple[str, ...] = ()  # keys that say who or where
    group: bool = True
    note: str = ""
    instead: str = ""  # what the admin has to do besides


APPRISE = "apprise"
AS_IS = "the URL, as it is there"
WAYS: Mapping[str, Way] = {
    "webhook_configs": Way(
        service="webhook", type="alertmanager", form=AS_IS, note="gets the same body as from Alertmanager"
    ),
    "slack_configs": Way(
        service="Slack", type=APPRISE, form="slack://A/B/C/{to} of hooks.slack.com/services/A/B/C", to=("channel",)
    ),
    "msteams_configs": Way(
        service="Teams",
        type=APPRISE,
        form="workflows://HOST/WORKFLOW/SIGNATURE",
        instead="make a workflow in Teams: connectors of Office 365 are gone",
    ),
    "msteamsv2_configs": Way(service="Teams", type=APPRISE, form="workflows://HOST/WORKFLOW/SIGNATURE"),
    "telegram_configs": Way(service="Telegram", type=APPRISE, form="tgram://BOT_TOKEN/{to}", to=("chat_id",)),
    "pushover_configs": Way(service="Pushover", type=APPRISE, form="pover://USER@TOKEN", group=False),
    "discord_configs": Way(service="Discord", type=APPRISE, form="discord://ID/TOKEN of …/webhooks/ID/TOKEN"),
    "webex_configs": Way(
        service="Webex",
        type=APPRISE,
        form="wxteams://TOKEN",
        instead="make an incoming webhook in the room: wxteams takes its token, not that of a bot",
    ),
    "rocketchat_configs": Way(
        service="Rocket.Chat", type=APPRISE, form="rockets://USER:TOKEN@HOST/{to}", to=("channel",)
    ),
    "mattermost_configs": Way(
        service="Mattermost", type=APPRISE, form="mmosts://HOST/KEY of https://HOST/hooks/KEY", to=("channel",)
    ),
    "victorops_configs": Way(service="Splunk On-Call", type=APPRISE, form="splunk://{to}@API_KEY", to=("routing_key",)),
    "pagerduty_configs": Way(
        service="PagerDuty",
        type=APPRISE,
        form="pagerduty://INTEGRATION_KEY@API_KEY",
        instead="leave it out once people are paged by their own contacts: two systems would escalate the same thing",
    ),
    "opsgenie_configs": Way(
        service="Opsgenie",
        type=APPRISE,
        form="opsgenie://API_KEY",
        instead="leave it out once people are paged by their own contacts; `ingestd import opsgenie` takes them over",
    ),
    "sns_configs": Way(
        service="SNS", type=APPRISE, form="sns://ACCESS_KEY/SECRET_KEY/REGION/{to}", to=("phone_number", "topic_arn")
    ),
    "wechat_configs": Way(
        service="WeCom",
        type="wecom",
        form="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY",
        to=("to_user",),
        instead="make a robot in a group of WeCom: the application's API (corp_id, agent_id, api_secret) is not spoken",
    ),
}
#: Keys that say how a text looks; texts are those of our templates.
LOOKS = words(
    "actions attachments avatar_url callback_id client client_url class color component content "
    "custom_details description details display_name device emoji entity entity_display_name expire "
    "fallback fields footer group headers hello html icon_emoji icon_url image_url images link_names "
    "links max_alerts mention_users message message_type monitoring_tool mrkdwn_in note parse_mode "
    "pretext priority props responders retry severity short_fields sound source state_message "
    "subject summary tags text threading thumb_url timeout title title_link to_party to_tag ttl "
    "update_alerts update_message url_title username disable_notifications attributes actions "
    "custom_fields agent_id corp_id message_thread_id chat_id_file"
)
#: Keys whose values are secrets, or lead to them.
SECRETS = words(
    "api_key api_key_file api_secret api_secret_file api_token api_token_file api_url api_url_file "
    "app_token app_url auth_identity auth_password auth_password_file auth_secret auth_secret_file "
    "auth_username bot_token bot_token_file routing_key_file room_id service_key service_key_file "
    "routing_key sigv4 token token_file token_id token_id_file url url_file user_key user_key_file "
    "webhook_url webhook_url_file basic_auth app_token_file"
)
PLAIN = frozenset({"send_resolved", "http_config", "tls_config", "to", "from", "smarthost", "require_tls"})
SUBMISSION = {"465": "implicit"}


def read(part: Part, sketch: Sketch) -> tuple[str, ...]:
    """Whom a receiver tells, as targets of a step; (): nobody."""
    name = part.text("name")
    found: list[str] = []
    for key in part.written():
        for one in part.parts(key) if key.endswith("_configs") else ():
            found += _mailed(one, sketch) if key == "email_configs" else _hooked(key, one, name, sketch)
    sketch.strange(part, {"name", *(key for key in part.written() if key.endswith("_configs"))})
    return tuple(dict.fromkeys(f"person:{one}" for one in found))


def _mailed(one: Part, sketch: Sketch) -> list[str]:
    """The people of one mail integration."""
    _looks(one, sketch, "email", LOOKS | SECRETS | PLAIN)
    written = one.text("to")
    listed = (
        [] if "{{" in written else [(name, address) for name, address in getaddresses([written]) if is_mail(address)]
    )
    if not listed:
        sketch.left(one.get("to"), f"not a mail address: {written!r}", "add the person to people.yaml by hand")
    return [sketch.person(address.casefold(), name=name, mail=address) for name, address in listed]


def _hooked(key: str, one: Part, receiver: str, sketch: Sketch) -> list[str]:
    """The person that stands for a chat, a hook or a service."""
    way = WAYS.get(key)
    if way is None:
        service = key.removesuffix("_configs")
        instead = "a channel of type webhook, exec or apprise may do it: see ways out"
        sketch.left(one, f"no equivalent of {service}", instead)
        return []
    _looks(one, sketch, way.service, LOOKS | SECRETS | PLAIN | set(way.to))
    if way.instead:
        sketch.left(one, f"{way.service} is not the same here", way.instead)
    where = next((text for text in (one.text(to) for to in way.to) if text and "{{" not in text), "")
    name = sketch.channel(
        f"{receiver}-{key.removesuffix('_configs')}", way.type, way.form, one, group=way.group, note=way.note
    )
    who = sketch.person((name, where), f"{name}", name=f"{way.service}: {where or receiver}")
    address = {"@all": "all"}.get(where, where.replace("|", ","))
    sketch.reach(who, Contact(channel=name, address=address))
    return [who]


def _looks(one: Part, sketch: Sketch, service: str, known: frozenset[str] | set[str]) -> None:
    """Keys that change how it looks, or what is sent."""
    looks = [key for key in one.written() if key in LOOKS]
    if looks:
        what = f"{service}: the look of its texts ({', '.join(looks)})"
        sketch.left(one, what, "texts are made from templates, which you may replace; `ingestd preview` shows them")
    if not one.flag("send_resolved", otherwise=True):
        sketch.left(one.get("send_resolved"), "send_resolved: false", "who was told of a problem is told of its end")
    for key in ("http_config", "tls_config"):
        if one.get(key):
            sketch.left(one.get(key), f"{key} of {service}", "channels have `proxy`, `ca_file`, `token_file`")
    sketch.strange(one, known)


# -- the relay


def relay(top: Part, sketch: Sketch) -> None:
    """``mail`` from the global SMTP settings, else from those of the first mail integration."""
    configs = [one for receiver in top.parts("receivers") for one in receiver.parts("email_configs")]
    own = next((one for one in configs if one.get("smarthost")), None)
    part = top.get("global")
    host = part.get("smtp_smarthost") or (own.get("smarthost") if own else part.get("smtp_smarthost"))
    name, _, port = host.text().rpartition(":")
    if not name or not port.isdigit():
        return
    prefix = "smtp_" if part.get("smtp_smarthost") else ""
    found = part if prefix or own is None else own
    sender = found.text(f"{prefix}from") or part.text("smtp_from")
    listed = [address for _, address in getaddresses([sender]) if is_mail(address)]
    if not listed:
        sketch.left(found, f"the sender {sender!r} is no mail address", "set mail.sender")
    user = found.text(f"{prefix}auth_username")
    secured = found.flag(f"{prefix}require_tls", otherwise=True)
    password = "secrets/relay" if user else ""
    if user:
        sketch.secret(
            password, "the password of the relay", found.get(f"{prefix}auth_password", f"{prefix}auth_password_file")
        )
    sketch.mail = MailSettings(
        sender=listed[0] if listed else "ingestd@example.com",
        host=name.strip("[]"),
        port=int(port) if int(port) < 65536 else 25,
        tls="implicit" if port in SUBMISSION else "starttls" if secured else "none",
        user=user,
        password_file=password,
    )
    for one in configs:
        if one.get("smarthost") and one.text("smarthost") != host.text():
            sketch.left(
                one.get("smarthost"), "another relay for one receiver", "mail.relays take over from one another"
            )
