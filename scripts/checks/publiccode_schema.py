# SPDX-License-Identifier: AGPL-3.0-or-later
"""What publiccode.yml 0.7 may hold, as types; the rules are those of the standard's docs/standard/schema.core.rst.

What the standard calls deprecated is refused: a deprecated key is not in these types, country codes are in capitals.
"""

import re
from datetime import date
from importlib.resources import files
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from scripts.checks import publiccode_words as words

VERSIONS = frozenset({"0.7", "0.7.0"})
_COLLECTIVE = re.compile(
    r"\b(maintainers?|team|developers?|community|staff|support|info|contributors?)\b", re.IGNORECASE
)
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?(-[A-Za-z0-9]{5,8})*$")
_COUNTRIES = frozenset(
    line.split("\t")[0]
    for line in (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)


def _one_of(allowed: frozenset[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not in the standard's list")
        return value

    return AfterValidator(check)


def _country(value: str) -> str:
    if value.upper() in _COUNTRIES and value != value.upper():
        raise ValueError(f"{value!r}: lower case is deprecated, write {value.upper()!r}")
    if value not in _COUNTRIES:
        raise ValueError(f"{value!r} is no ISO 3166-1 alpha-2 country code")
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.match(value):
        raise ValueError(f"{value!r} is no BCP 47 language tag")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{value!r} is no http or https address")
    return value


def _relative(value: str) -> str:
    if value.startswith(("/", "file:")):
        raise ValueError(f"{value!r}: a path from the root of the repository, or a web address")
    return value


def _day(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"{value!r} is not YYYY-MM-DD")
    date.fromisoformat(value)
    return value


def _person(value: str) -> str:
    if _COLLECTIVE.search(value):
        raise ValueError(f"{value!r}: a contact is a physical person")
    return value


def _identifier(value: str) -> str:
    if value.startswith("alias:"):
        if value not in words.ALIASES:
            raise ValueError(f"{value!r} is not in the standard's list")
    elif not re.match(r"^[a-z][a-z0-9+.-]*:\S+$", value):
        raise ValueError(f"{value!r} is neither an alias nor a URI")
    return value


Text = Annotated[str, Field(min_length=1)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]
RelativePath = Annotated[str, AfterValidator(_relative)]
Day = Annotated[str, AfterValidator(_day)]
YesNo = Literal["true", "false"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Audience(_Part):
    """Section intendedAudience."""

    scope: list[Annotated[str, _one_of(words.SCOPES)]] = []
    countries: list[Country] = []
    unsupportedCountries: list[Country] = []  # noqa: N815  the standard's key, as are those below


class Description(_Part):
    """Section description/[lang]."""

    localisedName: Text | None = None  # noqa: N815
    shortDescription: Annotated[str, Field(min_length=1, max_length=150)]  # noqa: N815
    longDescription: Annotated[str, Field(min_length=150, max_length=10_000)]  # noqa: N815
    documentation: WebAddress | None = None
    apiDocumentation: WebAddress | None = None  # noqa: N815
    features: Annotated[list[Text], Field(min_length=1)]
    screenshots: list[RelativePath] = []
    videos: list[WebAddress] = []
    awards: list[Text] = []


class Legal(_Part):
    """Section legal."""

    license: Text
    mainCopyrightOwner: Text | None = None  # noqa: N815


class Contact(_Part):
    """A physical person, by the standard. No program can tell; words for a group are refused."""

    name: Annotated[str, Field(min_length=1), AfterValidator(_person)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    phone: Text | None = None
    affiliation: Text | None = None


class Contractor(_Part):
    """Who is bound by a contract, and until when."""

    name: Text
    until: Day
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    website: WebAddress | None = None


class Maintenance(_Part):
    """Section maintenance."""

    type: Annotated[str, _one_of(words.MAINTENANCE_TYPES)]
    contractors: list[Contractor] | None = None
    contacts: list[Contact] | None = None

    @model_validator(mode="after")
    def _has_whom_its_type_needs(self) -> "Maintenance":
        if self.type in ("internal", "community") and not self.contacts:
            raise ValueError(f"contacts: {self.type!r} needs one")
        if self.type == "contract" and not self.contractors:
            raise ValueError("contractors: 'contract' needs one")
        if self.type != "contract" and self.contractors is not None:
            raise ValueError(f"contractors: not with {self.type!r}")
        return self


class Localisation(_Part):
    """Section localisation."""

    localisationReady: YesNo  # noqa: N815
    availableLanguages: Annotated[list[Language], Field(min_length=1)]  # noqa: N815


class Dependency(_Part):
    """Something that is installed apart."""

    name: Text
    version: Text | None = None
    versionMin: Text | None = None  # noqa: N815
    versionMax: Text | None = None  # noqa: N815
    optional: YesNo = "false"


class Dependencies(_Part):
    """Section dependsOn."""

    open: list[Dependency] = []
    proprietary: list[Dependency] = []
    hardware: list[Dependency] = []


class Support(_Part):
    """A standard, law or system that the software supports."""

    id: Annotated[str, AfterValidator(_identifier)]


class Publisher(_Part):
    """Section organisation."""

    uri: Annotated[str, AfterValidator(_identifier)]
    name: Text | None = None


class Funder(_Part):
    """One of fundedBy."""

    name: Text
    uri: Annotated[str, AfterValidator(_identifier)] | None = None


class PublicCode(_Part):
    """The whole file."""

    publiccodeYmlVersion: Annotated[str, _one_of(VERSIONS)]  # noqa: N815
    name: Text
    applicationSuite: Text | None = None  # noqa: N815
    url: WebAddress
    landingURL: WebAddress | None = None  # noqa: N815
    isBasedOn: WebAddress | list[WebAddress] | None = None  # noqa: N815
    softwareVersion: Text | None = None  # noqa: N815
    releaseDate: Day | None = None  # noqa: N815
    logo: RelativePath | None = None
    platforms: Text | Annotated[list[Text], Field(min_length=1)]
    categories: list[Annotated[str, _one_of(words.CATEGORIES)]] = []
    usedBy: list[Text] = []  # noqa: N815
    fundedBy: list[Funder] = []  # noqa: N815
    roadmap: WebAddress | None = None
    developmentStatus: Annotated[str, _one_of(words.DEVELOPMENT_STATUSES)]  # noqa: N815
    softwareType: Annotated[str, _one_of(words.SOFTWARE_TYPES)]  # noqa: N815
    organisation: Publisher | None = None
    supports: list[Support] = []
    intendedAudience: Audience = Audience()  # noqa: N815
    description: Annotated[dict[Language, Description], Field(min_length=1)]
    legal: Legal
    maintenance: Maintenance
    localisation: Localisation
    dependsOn: Dependencies = Dependencies()  # noqa: N815
