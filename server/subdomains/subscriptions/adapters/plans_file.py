"""Reads the plans of a deployment from its file."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from server.kernel import values
from server.kernel.access.roles import SubscriptionTier
from server.kernel.settings import SettingsError
from server.subdomains.subscriptions.domain.catalogue import (
    BUILT_IN,
    DEFAULT_CURRENCY,
    FOR_EVER,
    Catalogue,
    Feature,
    FeatureSection,
    Money,
    Plan,
)
from server.subdomains.subscriptions.domain.period import Period, PeriodUnit

_VARIABLE = "TENANTRY_BILLING_PLANS_FILE"


def _plan_id(text: str) -> str:
    if values.descriptive_name(text, longest=50) is None:
        raise ValueError("must be 1 to 50 letters, digits, spaces and punctuation")
    return text


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Trial(_Entry):
    frequency: int = Field(ge=1)
    unit: Literal["DAY", "WEEK", "MONTH"]


class _Period(_Entry):
    frequency: int = Field(ge=1)
    unit: Literal["ETERNITY", "DAY", "WEEK", "MONTH", "YEAR"]


class _Feature(_Entry):
    description: str
    is_included: bool


class _FeatureSection(_Entry):
    description: str = ""
    features: list[_Feature] = []


_Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9)]


class _Plan(_Entry):
    id: Annotated[str, AfterValidator(_plan_id)]
    tier: Literal["STANDARD", "PROFESSIONAL", "ENTERPRISE"]
    provider_plan_id: str | None = Field(None, min_length=1)
    starting: bool = False
    trial: _Trial | None = None
    cost: _Amount = Decimal(0)
    setup_cost: _Amount = Decimal(0)
    currency: str = Field(DEFAULT_CURRENCY, pattern="^[A-Z]{3}$")
    period: _Period | None = None
    display_name: str = ""
    description: str = ""
    notes: str = ""
    is_recommended: bool = False
    feature_sections: list[_FeatureSection] = []

    def plan(self) -> Plan:
        return Plan(
            id=self.id,
            tier=SubscriptionTier(self.tier.lower()),
            provider_plan_id=self.provider_plan_id or self.id,
            is_starting=self.starting,
            trial=_period(self.trial) if self.trial else None,
            cost=Money(self.cost, self.currency),
            setup_cost=Money(self.setup_cost, self.currency),
            period=_period(self.period) if self.period else FOR_EVER,
            display_name=self.display_name or self.id,
            description=self.description,
            notes=self.notes,
            is_recommended=self.is_recommended,
            feature_sections=[
                FeatureSection(
                    section.description,
                    [Feature(feature.description, feature.is_included) for feature in section.features],
                )
                for section in self.feature_sections
            ],
        )


_PLANS = TypeAdapter(list[_Plan])


def read_catalogue(path: Path | None) -> Catalogue:
    """
    The plans in a file, or the built-in one.

    Raises:
        SettingsError: The file cannot be read, or its plans are not right.
    """
    if path is None:
        return BUILT_IN
    try:
        return Catalogue([entry.plan() for entry in _PLANS.validate_python(_content(path))])
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        raise SettingsError(f"{_VARIABLE} is wrong: {found}") from None
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise SettingsError(f"{_VARIABLE} is wrong: {error}") from None


def _content(path: Path) -> Any:
    return yaml.safe_load(path.read_text())  # JSON is YAML too


def _period(entry: _Trial | _Period) -> Period:
    unit = PeriodUnit(entry.unit.lower())
    return FOR_EVER if unit is PeriodUnit.ETERNITY else Period(entry.frequency, unit)
