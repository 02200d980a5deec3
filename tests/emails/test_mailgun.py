"""DeliverEmails by Mailgun: the form it gets, and what becomes of the mail when it answers so or so."""

import json

import pytest
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_SENDING_FAILED, EMAIL_STATUS_SENT

from server.kernel import ids
from server.subdomains.ancillary.emails.adapters.mailgun import fields_of
from server.subdomains.ancillary.emails.ports import Html, Mail, Party
from tests.emails.mailgun import Mailgun, serving
from tests.emails.mails import ATTEMPTED, CREATED, FAILED, SUCCEEDED, deliver, events, find, html, templated
from tests.messages import DELIVERED, REFUSED, RETRY_LATER


async def test_a_mail_is_handed_over_as_a_form(serve):
    message_id = ids.new_id("msg")
    body = "<p>Grüße &amp; welcome</p>"

    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings) as server:
            text = html(message_id, Subject="Grüße", Body=body, ToDisplayName="Ada", Tags=["welcome", "first"])
            assert await deliver(server, text) == [(DELIVERED, "")]
            email = await find(server, message_id)

    assert mailgun.forms == [
        {
            "from": ["Tenantry <no-reply@tenantry.example>"],
            "to": ["ada@example.com"],
            "subject": ["Grüße"],
            "html": [body],
            "text": ["Grüße & welcome\n"],
            "recipient-variables": ['{"ada@example.com": {"name": "Ada", "id": 1}}'],
            "o:tag": ["welcome", "first"],
            "o:tracking-opens": ["no"],
            "o:testmode": ["yes"],
            "h:Message-Id": [f"<{message_id}@tenantry.example>"],
        }
    ]
    assert (email.status, email.receipt_id) == (EMAIL_STATUS_SENT, f"{message_id}@tenantry.example")
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, SUCCEEDED]


async def test_a_mail_from_a_template_names_it_and_its_variables(serve):
    substitutions = {"FirstName": "Ada", "last_name": "Lovelace", "link": "https://x.example/ü"}

    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings) as server:
            results = await deliver(
                server,
                templated(Substitutions=substitutions, Subject="Hi"),
                templated(TemplateId="plain", Substitutions={}),
            )

    assert results == [(DELIVERED, "")] * 2
    forms = {form["template"][0]: form for form in mailgun.forms}
    assert json.loads(forms["welcome"]["h:X-Mailgun-Variables"][0]) == {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "link": "https://x.example/ü",
    }
    assert forms["welcome"]["subject"] == ["Hi"]
    assert not {"h:X-Mailgun-Variables", "subject", "html", "text"} & set(forms["plain"])


async def test_names_that_are_no_plain_words_are_quoted_and_make_no_header(serve):
    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings) as server:
            text = html(FromDisplayName='Ten, "antry"\r\nBcc: eve@example.com', Subject="Hi\r\nBcc: eve@example.com")
            assert await deliver(server, text) == [(DELIVERED, "")]

    [form] = mailgun.forms
    assert form["from"] == ['"Ten, \\"antry\\" Bcc: eve@example.com" <no-reply@tenantry.example>']
    assert form["subject"] == ["Hi Bcc: eve@example.com"]


def test_production_sends_for_real_and_a_name_that_cannot_be_shown_is_left_out():
    sender, nameless = Party("a@b.example", "\u200b"), Party("c@d.example", "\u200b")

    form = dict(fields_of(Mail("msg_1", Html("Hi", "Hi"), sender, nameless, []), is_test=False))

    assert form["o:testmode"] == "no"
    assert form["from"] == "a@b.example"
    assert "recipient-variables" not in form


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        ({"status": 408}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"status": 425}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"status": 429}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"status": 500}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"status": 503}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"drops_connection": True}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"waits_seconds": 5}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"status": 302}, (REFUSED, "EMAIL_GATEWAY_REFUSED")),
        ({"status": 400}, (REFUSED, "EMAIL_GATEWAY_REFUSED")),
        ({"status": 413}, (REFUSED, "EMAIL_GATEWAY_REFUSED")),
    ],
    ids=str,
)
async def test_what_mailgun_answers_decides_whether_to_try_again(serve, behaviour, result):
    # given
    message_id = ids.new_id("msg")
    patience = {"mailgun_timeout_seconds": 1.5} if "waits_seconds" in behaviour else {}

    with serving(Mailgun(**behaviour)) as mailgun:
        async with serve(**mailgun.settings, **patience) as server:
            # when
            assert await deliver(server, html(message_id)) == [result]

            # then
            email = await find(server, message_id)
            assert (email.status, email.is_sent, len(email.attempted_at)) == (EMAIL_STATUS_SENDING_FAILED, False, 1)
            assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED]

            # and when it is well again
            mailgun.status, mailgun.waits_seconds, mailgun.drops_connection = 200, 0, False
            assert await deliver(server, html(message_id)) == [(DELIVERED, "")]

            # then a second copy would have been known by its id
            email = await find(server, message_id)
            assert (email.status, len(email.attempted_at)) == (EMAIL_STATUS_SENT, 2)
            assert {form["h:Message-Id"][0] for form in mailgun.forms} == {f"<{message_id}@tenantry.example>"}


@pytest.mark.parametrize("wrong", [{"mailgun_api_key": "key-other"}, {"mailgun_domain_name": "other.example"}], ids=str)
async def test_a_wrong_account_is_refused_for_good(serve, wrong):
    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings | wrong) as server:
            assert await deliver(server, html()) == [(REFUSED, "EMAIL_GATEWAY_REFUSED")]


async def test_a_mailgun_that_is_away_is_tried_again(serve):
    with serving(Mailgun()) as mailgun:
        settings = mailgun.settings

    async with serve(**settings) as server:
        assert await deliver(server, html()) == [(RETRY_LATER, "EMAIL_GATEWAY_FAILED")]


@pytest.mark.parametrize("answer", ["", "Queued.", "[]", '{"message": "Queued."}', '{"id": 5}', '{"id": "<>"}'])
async def test_a_mail_is_sent_once_it_is_accepted_whatever_else_is_said(serve, answer):
    message_id = ids.new_id("msg")

    with serving(Mailgun(answer=answer)) as mailgun:
        async with serve(**mailgun.settings) as server:
            assert await deliver(server, html(message_id)) == [(DELIVERED, "")]
            email = await find(server, message_id)

    assert (email.status, email.HasField("receipt_id")) == (EMAIL_STATUS_SENT, False)


async def test_what_is_sensitive_is_erased_once_mailgun_has_it(serve):
    message_id = ids.new_id("msg")

    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings) as server:
            await deliver(server, html(message_id, envelope={"Sensitive": True}, Body="<p>code 123456</p>"))
            email = await find(server, message_id)

    assert mailgun.forms[0]["html"] == ["<p>code 123456</p>"]
    assert (email.subject, email.body, email.is_redacted) == ("Welcome", "", True)


async def test_of_a_huge_answer_no_more_is_read_than_mailgun_says(serve):
    message_id = ids.new_id("msg")
    huge = "{" + " " * 10_000_000 + '"id": "<somebody@elsewhere.example>"}'

    with serving(Mailgun(answer=huge)) as mailgun:
        async with serve(**mailgun.settings) as server:
            assert await deliver(server, html(message_id)) == [(DELIVERED, "")]
            email = await find(server, message_id)

    assert (email.status, email.receipt_id) == (EMAIL_STATUS_SENT, "")
    assert len(mailgun.forms) == 1
