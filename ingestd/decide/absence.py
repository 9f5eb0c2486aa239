"""What answering machines say that give no other sign: ``vacation`` programs, desks that thank for every mail.

A line of this kind is no command, however it begins: "Note: I am on leave until Monday".
"""

from ingestd.decide.match import compiled

LONGEST = 500  # characters of a line that are looked at

_SPOKEN = compiled(
    r"(?i)\bi(?:'m| am| will be)(?: \w+){0,3} (?:out of (?:the |my )?office|away\b|on (?:(?:\w+ ){0,2}leave|vacation"
    r"|holidays?)\b|travell?ing\b)"
    r"|\bout[- ]of[- ]office\b|\bauto(?:matic|mated)?[- ](?:reply|response|answer)\b"
    r"|\bthank you for your (?:e-?mail|message|request|inquiry)\b"
    r"|\byour (?:e-?mail|message|request|inquiry) (?:has been|was) received\b|\bwe (?:have )?received your\b"
    r"|自动(?:回复|回覆|答复)|自動(?:回覆|回復|返信)|我(?:正在|目前|现在)?(?:休假|出差|外出|不在(?:办公室|公司))"
    r"|(?:已|经)?收到您的(?:来信|邮件|来函)|您的(?:来信|邮件|来函)(?:我)?(?:已|已经)?收到|感谢您的(?:来信|邮件)|无法及时(?:回复|处理)"
    r"|\bich bin(?: \w+){0,3} (?:abwesend|im urlaub|nicht im (?:büro|haus))|\bautomatische (?:antwort|abwesenheits)"
    r"|\b(?:vielen )?dank für ihre (?:nachricht|e-?mail|anfrage)"
    r"|\bje suis (?:absent|en (?:congés?|vacances|déplacement))|\bréponse automatique"
    r"|\bestoy (?:fuera de la oficina|de vacaciones)|\brespuesta automática"
)


def is_spoken(line: str) -> bool:
    """Whether a line is an answering machine's."""
    return bool(_SPOKEN.search(line[:LONGEST]))
