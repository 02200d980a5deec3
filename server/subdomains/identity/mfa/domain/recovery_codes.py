"""Recovery codes: how they are written, and how people may write them."""

COUNT = 10
BITS = 50
_CHARACTERS = 10
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None})


def written(number: int) -> str:
    """A number of 50 bits as a code: ten characters, a hyphen in the middle."""
    text = "".join(_ALPHABET[number >> shift & 31] for shift in range(BITS - 5, -1, -5))
    return f"{text[: _CHARACTERS // 2]}-{text[_CHARACTERS // 2 :]}"


def normal_form(code: str) -> str:
    """A code however it was written: in any case, with or without the hyphen, and with letters for digits."""
    return code.lower().translate(_MISREAD)
