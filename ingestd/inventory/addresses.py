"""What is an address, and which names one host."""

import ipaddress


def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def own_address(text: str) -> str:
    """The address, if it is one that only one host has; "" for names, loopback and 0.0.0.0."""
    if not is_address(text):
        return ""
    found = ipaddress.ip_address(text)
    return "" if found.is_loopback or found.is_unspecified or found.is_multicast else text


def full_name(text: str, node: str) -> str:
    """The text, if it is a name with a domain and another one than the node's id; else ""."""
    return text if "." in text and not is_address(text) and text.casefold() != node.casefold() else ""
