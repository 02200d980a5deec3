"""What a deployment says about cars."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.kernel.settings import ENVIRONMENT

Words = Annotated[tuple[str, ...], NoDecode]


class CarsSettings(BaseSettings):
    """Cars (sample)"""

    # An empty list stops the start, instead of counting as not given.
    model_config = SettingsConfigDict(**(ENVIRONMENT | {"env_ignore_empty": False}))

    cars_makes: Words = Field(("Honda", "Toyota"), min_length=1, description="Makes that may be registered, by commas.")
    cars_models: Words = Field(("Civic", "Surf"), min_length=1, description="Models that may be registered, by commas.")
    cars_jurisdictions: Words = Field(
        ("New Zealand", "Australia"), min_length=1, description="Who may have issued a number plate, by commas."
    )

    @field_validator("cars_makes", "cars_models", "cars_jurisdictions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value
