"""What a deployment says about users."""

import re
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from server.kernel import values
from server.kernel.settings import ENVIRONMENT


class UsersSettings(BaseSettings):
    """Users"""

    model_config = ENVIRONMENT

    operator_whitelist: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="E-mail addresses, by `;`, `,` or space, whose owners become operators when they register. What is "
        "no address is ignored.",
    )

    @field_validator("operator_whitelist", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(found for word in re.split(r"[;,\s]+", value) if (found := values.email(word)))
