"""Chinese labels in traditional characters, read as in simplified ones: ``告警設備`` is ``告警设备``.

Only the characters that labels of alerts are made of, not those of the names and sentences behind them.
"""

from ingestd.spelling import unaccented

_TABLE = str.maketrans(
    "設備報級別狀態時間內嚴緊監項節點網機詳訊號編單資產對類應"
    "擊觸發復維護檢當處場區圖讀寫錯誤異斷線運錄說標題稱務實數據庫",
    "设备报级别状态时间内严紧监项节点网机详讯号编单资产对类应"
    "击触发复维护检当处场区图读写错误异断线运录说标题称务实数据库",
)


def alike(label: str) -> str:
    """A label as it is compared with others: without accents, and simplified."""
    return simplified(unaccented(label))


def simplified(label: str) -> str:
    """A label with its characters in their simplified form."""
    return label if label.isascii() else label.translate(_TABLE)
