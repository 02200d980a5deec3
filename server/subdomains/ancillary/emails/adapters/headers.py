"""The headers of a mail, the same whichever gateway it leaves by."""

from email.headerregistry import Address

from server.subdomains.ancillary.emails.ports import Mail, Party


def message_id_of(mail: Mail) -> str:
    """The Message-ID of a mail, without brackets. The same mail has the same one: a second copy can be recognised."""
    domain = mail.sender.email_address.rpartition("@")[2]
    return f"{mail.message_id}@{domain}"


def mailbox_of(party: Party) -> Address:
    """Name and address of somebody; as text, quoted where that is needed."""
    local, _, domain = party.email_address.rpartition("@")
    return Address(one_line(party.display_name), local, domain)


def one_line(text: str) -> str:
    """A text that cannot end its header and begin another one, as a line break would."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
