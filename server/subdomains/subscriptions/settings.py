"""What a deployment says about billing."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class SubscriptionsSettings(BaseSettings):
    """Billing"""

    model_config = ENVIRONMENT

    billing_provider: Literal["simple"] = Field(
        "simple", description="Who takes the money. `simple` is built in and takes none."
    )
    billing_plans_file: Path | None = Field(
        None,
        description="The plans on offer: a YAML or JSON file with a list of plans (`id`, `tier`, `starting`, `trial`, "
        "`cost`, `setup_cost`, `currency`, `period`, texts). Without it: one plan, free for ever.",
    )
