"""Many calls at once with one code, one token, one number: what is good once is good once."""

import asyncio
import uuid

import pytest

from server import composition
from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.subdomains.users.repository.end_users import EndUserRepository
from tests.harness import Running, refusal, running
from tests.mfa.factors import EMAIL, RECOVERY, SMS, TOTP, Factors, wrong

AT_ONCE = 50


async def outcomes(calls):
    """How many calls succeeded, and why the others were refused."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BaseException)]

    async def again(error):
        raise error

    return len(answers) - len(refused), {(await refusal(again(error))).reason for error in refused}


@pytest.mark.parametrize("kind", [TOTP, SMS, EMAIL, RECOVERY])
async def test_of_fifty_verifications_with_one_code_one_succeeds(factors, kind):
    # given
    enrolled = await factors.enrolled(kind if kind != RECOVERY else TOTP)
    token, handle = await factors.token(enrolled.person), {}
    if kind == TOTP:
        code = factors.app_code(enrolled.secret)
    elif kind == RECOVERY:
        code = enrolled.recovery_codes[0]
    else:
        challenge = await factors.challenge(token, await factors.id_of(enrolled.person, kind))
        code, handle = await factors.sent_code(enrolled.person, kind), {"oob_code": challenge.oob_code}

    # when
    succeeded, reasons = await outcomes(factors.verify(kind, code, token, **handle) for _ in range(AT_ONCE))

    # then
    assert (succeeded, reasons) == (1, {"MFA_TOKEN_INVALID"})
    assert len(await factors.usages(enrolled.person, "User Login")) == 2


@pytest.mark.parametrize("kind", [TOTP, SMS])
@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_of_fifty_confirmations_with_one_code_one_succeeds(factors, kind, is_signed_in):
    # given
    person = await factors.person()
    proof = {"metadata": person.metadata} if is_signed_in else {"mfa_token": await factors.token(person)}
    given = await factors.associate(kind, **proof)
    code = factors.app_code(given.secret) if kind == TOTP else await factors.sent_code(person, kind)

    # when
    succeeded, reasons = await outcomes(
        factors.confirm(kind, code, oob_code=given.oob_code, **proof) for _ in range(AT_ONCE)
    )

    # then
    assert (succeeded, reasons) == (1, {"MFA_NOT_ASSOCIATED" if is_signed_in else "MFA_TOKEN_INVALID"})


async def test_one_code_is_good_once_also_with_fresh_tokens_on_two_servers(factors, people, server: Running):
    """The code itself is used up, not only the token."""
    enrolled = await factors.enrolled()
    code = factors.app_code(enrolled.secret)
    server.clock.stop_at(server.clock())
    async with running(server.dsn, composition.compose) as elsewhere:
        elsewhere.clock.stop_at(server.clock())
        second = Factors(elsewhere)

        async def attempt(each):
            # Sign-ins replace each other's tokens: some find theirs replaced, and none must find the code unused.
            return await each.verify(TOTP, code, await each.token(enrolled.person))

        succeeded, reasons = await outcomes(attempt(each) for each in (factors, second) * 2)

    assert succeeded <= 1
    assert reasons <= {"MFA_TOKEN_INVALID", "MFA_CODE_INVALID"}


async def test_of_fifty_verifications_on_two_servers_one_succeeds(factors, server: Running):
    enrolled = await factors.enrolled()
    token, code = await factors.token(enrolled.person), factors.app_code(enrolled.secret)
    async with running(server.dsn, composition.compose) as elsewhere:
        elsewhere.clock.stop_at(server.clock())
        second = Factors(elsewhere)

        succeeded, reasons = await outcomes(
            each.verify(TOTP, code, token) for each in (factors, second) * (AT_ONCE // 2)
        )

    assert (succeeded, reasons) == (1, {"MFA_TOKEN_INVALID"})


async def test_equal_calls_at_once_get_one_answer(factors):
    enrolled = await factors.enrolled()
    token, code, request_id = await factors.token(enrolled.person), factors.app_code(enrolled.secret), uuid.uuid4()

    answers = await asyncio.gather(
        *(factors.verify(TOTP, code, token, request_id=str(request_id)) for _ in range(AT_ONCE))
    )

    assert len({answer.session_id for answer in answers}) == 1
    assert len(await factors.usages(enrolled.person, "User Login")) == 2


async def test_of_fifty_wrong_codes_at_once_five_are_looked_at(factors, people):
    enrolled = await factors.enrolled()
    token, code = await factors.token(enrolled.person), wrong(factors.app_code(enrolled.secret))

    succeeded, reasons = await outcomes(factors.verify(TOTP, code, token) for _ in range(AT_ONCE))

    assert (succeeded, reasons) == (0, {"MFA_CODE_INVALID", "MFA_TOKEN_INVALID"})
    assert (await factors.audits(enrolled.person)).count("Failed.InvalidMfa") == 5


async def test_of_fifty_challenges_at_once_five_send(factors):
    enrolled = await factors.enrolled(EMAIL)
    token, id = await factors.token(enrolled.person), await factors.id_of(enrolled.person, EMAIL)
    before = len(await factors.sent("emails", enrolled.person.email_address))

    succeeded, reasons = await outcomes(factors.challenge(token, id) for _ in range(AT_ONCE))

    assert (succeeded, reasons) == (5, {"MFA_SEND_LIMIT"})
    assert len(await factors.sent("emails", enrolled.person.email_address)) == before + 5


async def test_of_fifty_associations_at_once_there_is_one_of_a_kind(factors):
    person = await factors.person()

    succeeded, reasons = await outcomes(factors.associate(TOTP, metadata=person.metadata) for _ in range(AT_ONCE))

    assert (succeeded, reasons) == (AT_ONCE, set())
    assert len(await factors.listed(person.metadata)) == 2


async def test_to_switch_off_while_somebody_signs_in_leaves_nothing_behind(factors, people):
    enrolled = await factors.enrolled()
    token, code = await factors.token(enrolled.person), factors.app_code(enrolled.secret)

    await asyncio.gather(
        *(factors.switch(enrolled.person, is_enabled=each) for each in (False, True, False)),
        *(factors.verify(TOTP, code, token) for _ in range(5)),
        *(people.sign_in(enrolled.person.email_address) for _ in range(3)),
        return_exceptions=True,
    )

    await factors.switch(enrolled.person, is_enabled=False)
    assert (await people.sign_in(enrolled.person.email_address)).user_id == enrolled.person.user_id
    await factors.switch(enrolled.person)
    assert await factors.listed(enrolled.person.metadata) == []


async def test_a_suspension_while_somebody_signs_in_neither_waits_for_ever_nor_misses_a_session(
    factors, people, server
):
    for _ in range(5):
        enrolled = await factors.enrolled()
        user_id, token = enrolled.person.user_id, await factors.token(enrolled.person)
        verify = factors.verify(TOTP, factors.app_code(enrolled.secret), token)
        begin = refusal(people.sign_in(enrolled.person.email_address))

        _, (_, reasons), began = await asyncio.gather(people.suspend(user_id), outcomes([verify]), begin)

        assert reasons <= {"MFA_TOKEN_INVALID", "ACCOUNT_SUSPENDED"}
        assert began.reason in ("MFA_REQUIRED", "ACCOUNT_SUSPENDED")
        assert (await factors.row(enrolled.person))["token_digest"] is None
        sql = "SELECT count(*) AS live FROM auth_tokens.session WHERE user_id = $1 AND revoked_at IS NULL"
        [row] = await server.rows(sql, ids.decode("user", user_id))
        assert row["live"] == 0


async def test_a_sign_in_waits_for_a_suspension_that_is_not_committed_yet(factors, people, server):
    """Else its token would be made behind the back of what ends tokens, and be good again once they are reinstated."""
    enrolled = await factors.enrolled()
    platform, user_id = server.app.platform, enrolled.person.user_id
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async with platform.begin() as uow:
        users = EndUserRepository(uow)
        user = await users.get(user_id)
        user.suspend(MAINTENANCE)
        await users.save(user)
        sign_in = asyncio.create_task(refusal(people.sign_in(enrolled.person.email_address)))
        while not sign_in.done() and not await server.rows(waiting):
            await asyncio.sleep(0.01)

    assert (await sign_in).reason == "ACCOUNT_SUSPENDED"
    assert (await factors.row(enrolled.person))["token_digest"] is None
