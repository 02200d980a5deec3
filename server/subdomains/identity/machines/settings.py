"""What a deployment says about machines."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class MachinesSettings(BaseSettings):
    """Machines"""

    model_config = ENVIRONMENT

    machine_registrations_per_hour: int | None = Field(
        None,
        ge=0,
        description="Machines that may be registered from one client address in an hour by nobody who is signed in; "
        "0 is no limit.",
        json_schema_extra={"default": "20, in development 0"},
    )
