"""What providers say about a person, in the words of each, and what it becomes here."""

import secrets

import pytest

from server.kernel import ids
from tests.harness import refusal
from tests.signed_in import new_address
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.conftest import TRUSTED_TENANT
from tests.single_sign_on.traces import accounts_of

_TENANT = "99999999-8888-7777-6666-555555555555"
_LONG = secrets.token_hex(8_000)  # longer than what can be looked up, also when it is packed


@pytest.fixture
def google(client, issuers):
    return client.at("google", issuers.google)


@pytest.fixture
def microsoft(client, issuers):
    return client.at("microsoft", issuers.microsoft)


async def account_after(client, **claims):
    """The account at the provider, as it is known here after a sign-in with these claims."""
    tokens = await client.sign_in(**claims)
    found = await accounts_of(client.server, tokens.user_id)
    return next(account for account in found if account["provider_name"] == client.provider)


def names_of(account):
    return account["first_name"], account["last_name"]


async def test_everything_that_is_said(client):
    account = await account_after(client)

    assert names_of(account) == ("Ada", "Lovelace")
    assert (account["timezone"], account["locale"], account["country_code"]) == ("Europe/London", "en-GB", "USA")


async def test_defaults_for_what_is_not_said(client):
    account = await account_after(client, locale=None, zoneinfo=None)

    assert (account["timezone"], account["locale"], account["country_code"]) == ("US/Pacific", "en-US", "USA")


@pytest.mark.parametrize("nonsense", ["Middle Earth", "", 7, ["en"], None, "\0"])
async def test_defaults_for_what_nobody_understands(client, nonsense):
    account = await account_after(client, locale=nonsense, zoneinfo=nonsense)

    assert (account["timezone"], account["locale"]) == ("US/Pacific", "en-US")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"given_name": "Ada", "family_name": None}, ("Ada", None)),
        ({"given_name": None, "family_name": None, "name": "Ada King Lovelace"}, ("Ada", "Lovelace")),
        ({"given_name": None, "family_name": None, "name": "Ada"}, ("Ada", None)),
        ({"given_name": " ", "family_name": "", "name": " Ada  King "}, ("Ada", "King")),
        ({"given_name": "Ada<script>", "family_name": "★"}, ("Adascript", None)),
        ({"given_name": "Åsa-Lena 李", "family_name": "O'Neil"}, ("Åsa-Lena 李", "O'Neil")),
        ({"given_name": "n" * 60, "family_name": "s" * 60}, ("n" * 50, "s" * 50)),
        ({"given_name": ["Ada"], "family_name": 7, "name": "Grace Hopper"}, ("Grace", "Hopper")),
    ],
)
async def test_names(client, said, names):
    assert names_of(await account_after(client, **said)) == names


async def test_a_person_without_any_name_is_called_by_the_address(client):
    address = new_address()

    account = await account_after(client, email=address, given_name=None, family_name=None)

    assert names_of(account) == (address.partition("@")[0], None)


async def test_an_address_is_taken_in_its_normal_form(client):
    name = new_address().partition("@")[0]

    account = await account_after(client, email=f" {name.upper()}@BÜCHER.example ")

    assert account["email_address"] == f"{name}@xn--bcher-kva.example"


async def test_the_userinfo_endpoint_is_asked_for_an_address_that_the_token_lacks(client, issuer):
    address = new_address()

    def move_to_userinfo(claims):
        issuer.spoil_tokens = lambda answer: issuer.userinfo.update(
            {answer["access_token"]: {"sub": claims["sub"], "email": address, "email_verified": True, "name": "G H"}}
        )
        for name in ("email", "email_verified", "given_name", "family_name"):
            del claims[name]

    issuer.spoil_claims = move_to_userinfo
    issuer.fetched.clear()

    account = await account_after(client)

    assert (account["email_address"], account["email_verified"], *names_of(account)) == (address, True, "G", "H")
    assert issuer.fetched.count("/userinfo") == 1


async def test_the_userinfo_endpoint_is_left_alone_when_the_token_says_all(client, issuer):
    issuer.fetched.clear()

    await client.sign_in()

    assert "/userinfo" not in issuer.fetched


@pytest.mark.parametrize("other", [{"sub": "somebody else"}, {"sub": None}, {}, {"sub": ["a"]}])
async def test_userinfo_about_somebody_else(client, issuer, other):
    def move_to_userinfo(claims):
        found = {"email": claims.pop("email"), "email_verified": True} | other
        issuer.spoil_tokens = lambda answer: issuer.userinfo.update({answer["access_token"]: found})

    issuer.spoil_claims = move_to_userinfo

    assert (await refusal(client.sign_in())).reason == "SSO_AUTHENTICATION_FAILED"


async def test_whether_an_address_is_verified_says_whoever_names_it(client, issuer):
    """The token says that an address is verified, and the userinfo endpoint names one."""

    def move_to_userinfo(claims):
        found = {"sub": claims["sub"], "email": claims.pop("email")}
        issuer.spoil_tokens = lambda answer: issuer.userinfo.update({answer["access_token"]: found})

    issuer.spoil_claims = move_to_userinfo

    assert (await refusal(client.sign_in(email_verified=True))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_nobody_without_an_address(client, issuer):
    assert (await refusal(client.sign_in(email=None))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_google_says_nothing_of_time_zones(google):
    account = await account_after(google)

    assert (account["timezone"], account["locale"]) == ("US/Pacific", "en-GB")


async def test_google_needs_a_verified_address(google):
    assert (await refusal(google.sign_in(email_verified=False))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_microsoft_issues_by_tenant(microsoft, issuers):
    account = await account_after(microsoft, tid=_TENANT)

    assert account["issuer"] == issuers.microsoft.url.replace("/common/", f"/{_TENANT}/")


@pytest.mark.parametrize(
    ("claims", "iss"),
    [
        ({"tid": _TENANT}, "{origin}/" + TRUSTED_TENANT + "/v2.0"),
        ({"tid": _TENANT}, "{origin}/common/v2.0"),
        ({"tid": _TENANT}, "{origin}/{{tenantid}}/v2.0"),
        ({"tid": _TENANT}, "https://login.example.com/" + _TENANT + "/v2.0"),
        ({}, "{origin}/" + _TENANT + "/v2.0"),
        ({"tid": "{tenantid}"}, "{origin}/{{tenantid}}/v2.0"),
        ({"tid": "a/b"}, "{origin}/a/b/v2.0"),
        ({"tid": ""}, "{origin}//v2.0"),
        ({"tid": _LONG}, "{origin}/" + _LONG + "/v2.0"),
    ],
)
async def test_a_token_of_another_tenant_than_it_says(microsoft, issuers, claims, iss):
    def say(found):
        found["iss"] = iss.format(origin=issuers.microsoft.origin)

    issuers.microsoft.spoil_claims = say

    assert (await refusal(microsoft.sign_in(**claims))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_the_same_subject_in_another_tenant_is_somebody_else(microsoft):
    tenants = [await microsoft.sign_in(sub="one", tid=tenant) for tenant in (_TENANT, TRUSTED_TENANT)]

    assert tenants[0].user_id != tenants[1].user_id


@pytest.mark.parametrize("tenant", [_TENANT, "nonsense of mine"])
async def test_the_code_and_the_token_of_microsoft_are_of_one_tenant(microsoft, issuers, tenant):
    request = await microsoft.come_back(tid=TRUSTED_TENANT)
    request.iss = f"{issuers.microsoft.origin}/{tenant.replace(' ', '%20')}/v2.0"
    assert (await refusal(microsoft.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"

    request = await microsoft.come_back(tid=TRUSTED_TENANT)
    request.iss = f"{issuers.microsoft.origin}/{TRUSTED_TENANT}/v2.0"
    assert (await microsoft.finish(request)).user_id


@pytest.mark.parametrize(
    ("claims", "is_verified"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": None, "xms_edov": True}, True),
        ({"email_verified": None}, False),
        ({"email_verified": None, "xms_edov": "true"}, False),
        ({"email_verified": False, "xms_edov": False}, False),
        ({"email_verified": None, "tid": TRUSTED_TENANT}, True),
        ({"email_verified": True, "email": None, "preferred_username": "typed by an administrator"}, False),
        ({"email_verified": True, "email": None, "is_address": True}, False),
        ({"email_verified": None, "xms_edov": True, "email": None, "is_address": True}, False),
        ({"email_verified": None, "email": None, "is_address": True, "tid": TRUSTED_TENANT}, True),
    ],
)
async def test_what_microsoft_has_verified(microsoft, claims, is_verified):
    said = {"tid": _TENANT} | claims
    if said.pop("is_address", False):
        said["preferred_username"] = new_address()

    if is_verified:
        account = await account_after(microsoft, **said)
        assert account["email_address"] == said.get("preferred_username", account["email_address"])
    else:
        assert (await refusal(microsoft.sign_in(**said))).reason == "SSO_AUTHENTICATION_FAILED"


@pytest.mark.parametrize(
    ("claims", "country_code"),
    [
        ({"ctry": "NZ", "tenant_ctry": "GB"}, "NZL"),
        ({"ctry": "Atlantis", "tenant_ctry": "GB"}, "GBR"),
        ({"tenant_ctry": "nz"}, "NZL"),
        ({}, "USA"),
    ],
)
async def test_where_people_of_microsoft_are(microsoft, claims, country_code):
    account = await account_after(microsoft, tid=_TENANT, **claims)

    assert (account["timezone"], account["country_code"]) == ("GMT", country_code)


async def test_a_person_of_microsoft_without_any_name_is_called_by_the_user_name(microsoft):
    said = {"given_name": None, "family_name": None, "preferred_username": "ada@corp.example"}

    assert names_of(await account_after(microsoft, tid=_TENANT, **said)) == ("ada@corp.example", None)


async def test_a_first_sign_in_makes_the_profile_and_later_ones_leave_it(client, server):
    claims = claims_of()
    tokens = await client.sign_in(**claims)
    await client.sign_in(**claims | {"given_name": "Augusta", "zoneinfo": "Pacific/Auckland"})

    sql = "SELECT first_name, timezone FROM user_profiles.user_profile WHERE user_id = $1"
    [profile] = await server.rows(sql, ids.decode("user", tokens.user_id))
    assert tuple(profile) == ("Ada", "Europe/London")
