"""What a password may be."""

import unicodedata
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

LONGEST = 200
_SHORTEST_WORD = 3
_ENCODED = "xn--"  # how a label that is not ASCII begins in the normal form of an address


def normal_form(password: str) -> str:
    """The form in which a password is counted, compared and hashed: never trimmed, never folded."""
    return unicodedata.normalize("NFC", password)


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """The rules of new passwords. There are none about kinds of characters."""

    shortest: int
    common: Container[str]
    product_name: str

    def broken_by(
        self, password: str, *, first_name: str, last_name: str, email_address: str
    ) -> tuple[str, str] | None:
        """The reason and the description of the rule that a new password breaks, if it breaks one."""
        # A name first: many are on the list as well, and this says more.
        broken = self._broken_by_length(password) or self.broken_by_name(
            password, first_name=first_name, last_name=last_name, email_address=email_address
        )
        return broken or self.broken_by_anybodys(password)

    def broken_by_anybodys(self, password: str) -> tuple[str, str] | None:
        """The same, as far as it does not matter whose password it is."""
        broken = self._broken_by_length(password)
        if broken is None and normal_form(password).casefold() in self.common:
            return "PASSWORD_TOO_COMMON", "must not be a password that many people use, or that was breached"
        return broken

    def broken_by_name(
        self, password: str, *, first_name: str, last_name: str, email_address: str
    ) -> tuple[str, str] | None:
        """The same, as to the names of whoever chooses it, and of the product."""
        names = [self.product_name, *_names(first_name, last_name), *_parts(email_address)]
        if _is_one_of(normal_form(password), names):
            return "PASSWORD_CONTAINS_NAME", "must not be your name, your address, or the product's name"
        return None

    def _broken_by_length(self, password: str) -> tuple[str, str] | None:
        length = len(normal_form(password))
        if length < self.shortest:
            return "PASSWORD_TOO_SHORT", f"must have at least {self.shortest} characters"
        if length > LONGEST:
            return "PASSWORD_TOO_LONG", f"must have at most {LONGEST} characters"
        return None


def is_possible(password: str) -> bool:
    """Whether anybody could have this password: all that is asked of it at a sign-in."""
    return 1 <= len(normal_form(password)) <= LONGEST


def _names(first_name: str, last_name: str) -> Iterator[str]:
    yield from (first_name, last_name)
    if first_name and last_name:
        yield from (f"{first_name} {last_name}", f"{first_name}{last_name}")


def _parts(email_address: str) -> Iterator[str]:
    local, _, domain = email_address.rpartition("@")
    yield from (email_address, local)
    for label in domain.split("."):
        yield label
        if label.startswith(_ENCODED):
            yield label.removeprefix(_ENCODED).encode().decode("punycode")  # as people write it


def _is_one_of(password: str, words: Iterable[str]) -> bool:
    bare = _bare(password)
    return len(bare) >= _SHORTEST_WORD and any(_bare(word) == bare for word in words)


def _bare(text: str) -> str:
    """Case-folded, without what is no letter at either end."""
    text = unicodedata.normalize("NFC", text).casefold()
    letters = [place for place, character in enumerate(text) if character.isalpha()]
    return text[letters[0] : letters[-1] + 1] if letters else ""
