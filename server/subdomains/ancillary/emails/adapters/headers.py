"""The headers of a mail, the same whichever gateway it leaves by."""

from email.headerregistry import Address

from server.subdomains.ancillary.emails.ports import Mail, Party

# How one begins (RFC 2047). Python decodes those that stand in the value of a header, line breaks included, and writes
# what it has read: the line break ends the header, and what follows is another one.
ENCODED_WORD = "=?"


def message_id_of(mail: Mail) -> str:
    """The Message-ID of a mail, without brackets. The same mail has the same one: a second copy can be recognised."""
    domain = mail.sender.email_address.rpartition("@")[2]
    return f"{mail.message_id}@{domain}"


def mailbox_of(party: Party) -> Address:
    """Name and address of somebody; as text, quoted where that is needed."""
    local, _, domain = party.email_address.rpartition("@")
    return Address(one_line(party.display_name), local, domain)


def one_line(text: str) -> str:
    """A text that cannot end its header and begin another one, as a line break would, or one in an encoded word."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line.replace(ENCODED_WORD, "= ?")
