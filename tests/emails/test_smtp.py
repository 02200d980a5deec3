"""DeliverEmails by SMTP: what a real mail server does, and what becomes of the mail."""

import ssl

import pytest
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_SENDING_FAILED, EMAIL_STATUS_SENT

from server.kernel import ids
from server.kernel.settings import SettingsError, read
from server.subdomains.ancillary.emails.settings import EmailSettings
from tests.emails.mail_server import MailServer, make_certificate, serving
from tests.emails.mails import ATTEMPTED, CREATED, FAILED, SUCCEEDED, deliver, events, find, html, templated
from tests.messages import DELIVERED, REFUSED, RETRY_LATER

_SENDER = {"sender_email_address": "no-reply@tenantry.example"}
_PLAIN = {"email_gateway": "smtp", "smtp_host": "127.0.0.1", "smtp_tls": "none", **_SENDER}


async def test_a_mail_arrives_in_both_forms_with_its_tags_and_an_id_of_its_own(serve):
    message_id = ids.new_id("msg")
    body = '<h1>Héllo</h1><p>Please <a href="https://x.example/c?t=1&amp;u=2">confirm</a>.</p><ul><li>one<li>two</ul>'

    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        text = html(message_id, Subject="Grüße", Body=body, ToDisplayName='Ada "A" Løvelace', Tags=["welcome", "first"])
        assert await deliver(server, text) == [(DELIVERED, "")]
        email = await find(server, message_id)

    [mail] = mail_server.mails
    assert mail_server.recipients == ["ada@example.com"]
    assert mail["Message-ID"] == f"<{message_id}@tenantry.example>"
    assert mail["Subject"] == "Grüße"
    assert mail["To"].addresses[0].display_name == 'Ada "A" Løvelace'
    assert str(mail["From"]) == "Tenantry <no-reply@tenantry.example>"
    assert mail["X-Tags"] == "welcome, first"
    assert mail["Date"] is not None
    assert mail.get_content_type() == "multipart/alternative"
    plain, rich = mail.iter_parts()
    assert plain.get_content_type() == "text/plain"
    words = " ".join(plain.get_content().split())
    assert words == "Héllo Please confirm (https://x.example/c?t=1&u=2). - one - two"
    assert rich.get_content_type() == "text/html"
    assert rich.get_content().strip() == body
    assert (email.status, email.receipt_id) == (EMAIL_STATUS_SENT, f"{message_id}@tenantry.example")


async def test_a_line_break_in_a_name_or_subject_makes_no_header(serve):
    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        text = html(Subject="Hi\r\nBcc: eve@example.com", ToDisplayName="Ada\nBcc: eve@example.com")
        assert await deliver(server, text) == [(DELIVERED, "")]

    [mail] = mail_server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.com"
    assert mail_server.recipients == ["ada@example.com"]


@pytest.mark.parametrize("word", ["=?utf-8?q?x=0d=0aBcc:_eve=40example.com?=", "=?utf-8?b?eA0KQmNjOiBlQHguZQ==?="])
async def test_a_line_break_in_an_encoded_word_makes_no_header_either(serve, word):
    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        assert await deliver(server, html(Subject=word, ToDisplayName=word, FromDisplayName=word)) == [(DELIVERED, "")]

    [mail] = mail_server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == word.replace("=?", "= ?")


async def test_an_address_that_would_make_a_header_is_refused(serve):
    message_id, address = ids.new_id("msg"), "=?utf-8?q?=0d=0aBcc=3a_eve=40example.com?=@example.com"
    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        refused = [(REFUSED, "EMAIL_GATEWAY_REFUSED")]
        assert await deliver(server, html(message_id, ToEmailAddress=address)) == refused
        assert (await find(server, message_id)).status == EMAIL_STATUS_SENDING_FAILED

    assert mail_server.mails == []


async def test_an_address_beyond_ascii_is_handed_over_as_it_is(serve):
    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        assert await deliver(server, html(ToEmailAddress="løve@bücher.example")) == [(DELIVERED, "")]

    assert mail_server.recipients == ["løve@xn--bcher-kva.example"]


async def test_a_sensitive_mail_is_nowhere_to_be_read_once_it_is_sent(serve):
    message_id = ids.new_id("msg")

    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        await deliver(server, html(message_id, envelope={"Sensitive": True}))
        email = await find(server, message_id)

    assert (email.body, email.is_redacted, email.subject) == ("", True, "Welcome")


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        ({"answer_to_data": "451 try again"}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"answer_to_recipient": "450 busy"}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"drops_connection": True}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"drops_connection_at_recipient": True}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"waits": True}, (RETRY_LATER, "EMAIL_GATEWAY_FAILED")),
        ({"answer_to_data": "554 no spam"}, (REFUSED, "EMAIL_GATEWAY_REFUSED")),
        ({"answer_to_recipient": "550 nobody of that name"}, (REFUSED, "EMAIL_GATEWAY_REFUSED")),
    ],
    ids=str,
)
async def test_what_the_mail_server_answers_decides_whether_to_try_again(serve, behaviour, result):
    # given
    message_id = ids.new_id("msg")
    patience = {"smtp_timeout_seconds": 1.5} if "waits" in behaviour else {}

    async with (
        serving(MailServer(**behaviour)) as mail_server,
        serve(**_PLAIN, smtp_port=mail_server.port, **patience) as server,
    ):
        # when
        assert await deliver(server, html(message_id)) == [result]

        # then
        email = await find(server, message_id)
        assert (email.status, email.is_sent, len(email.attempted_at)) == (EMAIL_STATUS_SENDING_FAILED, False, 1)
        assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED]

        # and when the mail server is well again
        mail_server.answer_to_data = mail_server.answer_to_recipient = "250 OK"
        mail_server.drops_connection = mail_server.drops_connection_at_recipient = mail_server.waits = False
        text = html(message_id, Subject="Other", Body="Other")
        assert await deliver(server, text) == [(DELIVERED, "")]

        # then the content of the present message is sent, and the details of the first one are kept
        email = await find(server, message_id)
        assert (email.status, email.subject, len(email.attempted_at)) == (EMAIL_STATUS_SENT, "Welcome", 2)
        assert [mail["Subject"] for mail in mail_server.mails] == ["Other"]
        assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED, ATTEMPTED, SUCCEEDED]


async def test_a_mail_server_that_is_away_is_tried_again(serve):
    async with serving(MailServer()) as mail_server:
        port = mail_server.port

    async with serve(**_PLAIN, smtp_port=port) as server:
        assert await deliver(server, html()) == [(RETRY_LATER, "EMAIL_GATEWAY_FAILED")]


async def test_one_mail_that_fails_leaves_the_others_alone(serve):
    async with (
        serving(MailServer(answer_to_data="451 try again")) as mail_server,
        serve(**_PLAIN, smtp_port=mail_server.port) as server,
    ):
        results = await deliver(server, html(), html(Tags=["!"]), templated())

    assert results == [
        (RETRY_LATER, "EMAIL_GATEWAY_FAILED"),
        (REFUSED, "INVALID_TAG"),
        (REFUSED, "EMAIL_TEMPLATE_UNSUPPORTED"),
    ]


async def test_a_template_is_refused_and_shows_as_failed(serve):
    message_id = ids.new_id("msg")

    async with serve(**_PLAIN) as server:
        assert await deliver(server, templated(message_id)) == [(REFUSED, "EMAIL_TEMPLATE_UNSUPPORTED")]
        email = await find(server, message_id)

    assert (email.status, len(email.attempted_at)) == (EMAIL_STATUS_SENDING_FAILED, 1)


async def test_a_template_that_another_gateway_has_sent_counts_as_delivered(server, serve):
    text = templated(ids.new_id("msg"))
    assert await deliver(server, text) == [(DELIVERED, "")]

    async with serve(**_PLAIN) as without_templates:
        assert await deliver(without_templates, text) == [(DELIVERED, "")]


async def test_at_most_ten_mails_are_at_the_mail_server_at_once(serve):
    async with serving(MailServer()) as mail_server, serve(**_PLAIN, smtp_port=mail_server.port) as server:
        assert await deliver(server, *(html() for _ in range(40))) == [(DELIVERED, "")] * 40

    assert mail_server.most_at_once == 10
    assert len(mail_server.mails) == 40


async def test_starttls_and_a_password_are_used(serve, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    account = {"smtp_host": "localhost", "smtp_tls": "starttls", "smtp_username": "tenantry"}

    async with serving(MailServer(password="correct horse"), starttls=context) as mail_server:
        settings = {**_PLAIN, **account, "smtp_port": mail_server.port}
        async with serve(**settings, smtp_password="correct horse") as server:
            assert await deliver(server, html()) == [(DELIVERED, "")]
        async with serve(**settings, smtp_password="wrong") as server:
            assert await deliver(server, html()) == [(REFUSED, "EMAIL_GATEWAY_REFUSED")]
        async with serve(**settings | {"smtp_username": ""}) as server:
            assert await deliver(server, html()) == [(REFUSED, "EMAIL_GATEWAY_REFUSED")]

    assert len(mail_server.mails) == 1


async def test_tls_from_the_first_byte_is_spoken(serve, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async with serving(MailServer(), tls=context) as mail_server:
        settings = {**_PLAIN, "smtp_host": "localhost", "smtp_tls": "tls", "smtp_port": mail_server.port}
        async with serve(**settings) as server:
            assert await deliver(server, html()) == [(DELIVERED, "")]

    assert len(mail_server.mails) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(serve, tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(make_certificate(tmp_path))

    async with serving(MailServer(), starttls=context) as mail_server:
        settings = {**_PLAIN, "smtp_host": "localhost", "smtp_tls": "starttls", "smtp_port": mail_server.port}
        async with serve(**settings) as server:
            assert await deliver(server, html()) == [(RETRY_LATER, "EMAIL_GATEWAY_FAILED")]

    assert mail_server.mails == []


async def test_a_mail_server_that_has_no_starttls_gets_nothing(serve):
    async with serving(MailServer()) as mail_server:
        settings = {**_PLAIN, "smtp_tls": "starttls", "smtp_port": mail_server.port}
        async with serve(**settings) as server:
            assert await deliver(server, html()) == [(REFUSED, "EMAIL_GATEWAY_REFUSED")]

    assert mail_server.mails == []


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"EMAIL_GATEWAY": "smtp", "SENDER_EMAIL_ADDRESS": "a@b.example"}, "TENANTRY_SMTP_HOST"),
        ({"EMAIL_GATEWAY": "smtp", "SMTP_HOST": "mail.b.example"}, "TENANTRY_SENDER_EMAIL_ADDRESS"),
        ({"EMAIL_GATEWAY": "pigeon"}, "TENANTRY_EMAIL_GATEWAY"),
        (
            {"EMAIL_GATEWAY": "mailgun", "MAILGUN_API_KEY": "key"},
            "MAILGUN_DOMAIN_NAME, .*SENDER_EMAIL_ADDRESS",
        ),
        ({"EMAIL_GATEWAY": "mailgun", "MAILGUN_DOMAIN_NAME": "mg.b.example"}, "TENANTRY_MAILGUN_API_KEY"),
        ({"MAILGUN_BASE_URL": "mailgun"}, "TENANTRY_MAILGUN_BASE_URL"),
        ({"SENDER_EMAIL_ADDRESS": "somebody"}, "TENANTRY_SENDER_EMAIL_ADDRESS"),
        ({"WEBSITE_BASE_URL": "example.com"}, "TENANTRY_WEBSITE_BASE_URL"),
        ({"SMTP_TLS": "maybe"}, "TENANTRY_SMTP_TLS"),
    ],
)
async def test_settings_that_cannot_be_right_are_named(monkeypatch, settings, name):
    for variable, value in settings.items():
        monkeypatch.setenv(f"TENANTRY_{variable}", value)

    with pytest.raises(SettingsError, match=name):
        read(EmailSettings)


async def test_an_answer_that_never_ends_is_not_listened_to(serve):
    message_id = ids.new_id("msg")

    async with (
        serving(MailServer(answer_to_data="250 " + "x" * 10_000_000)) as mail_server,
        serve(**_PLAIN, smtp_port=mail_server.port) as server,
    ):
        assert await deliver(server, html(message_id)) == [(RETRY_LATER, "EMAIL_GATEWAY_FAILED")]
        email = await find(server, message_id)

    assert email.status == EMAIL_STATUS_SENDING_FAILED
