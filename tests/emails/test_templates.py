"""Mails written from templates: one look for all, and nothing that people typed is taken for HTML."""

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from server.subdomains.ancillary.emails.adapters.text import text_of
from server.subdomains.ancillary.emails.api import EmailsApi

_TEMPLATE = """\
{% extends "mail.html" %}
{% block text %}
<p>Welcome to {{ product }}. Please <a href="{{ link }}">confirm</a>.</p>
{% endblock %}
"""


@pytest.fixture
def templates(server, tmp_path):
    (tmp_path / "welcome.html").write_text(_TEMPLATE)
    return EmailsApi.of(server.app.platform).templates(tmp_path)


def test_a_mail_reads_the_same_in_html_and_in_plain_text(templates):
    body = templates.write("welcome.html", name="Ada", link="https://x.example/c#token=1&again=2")

    assert '<a href="https://x.example/c#token=1&amp;again=2">confirm</a>' in body
    assert text_of(body) == (
        "Hello Ada,\n\n"
        "Welcome to Tenantry. Please confirm (https://x.example/c#token=1&again=2).\n\n"
        "The Tenantry team\n\n"
        "This mail was sent automatically. Answers to it are not read.\n"
    )


def test_what_people_typed_is_text_and_nothing_else(templates):
    evil = "<script>alert(1)</script><a href='https://evil.example'>O'Hara & Co"

    body = templates.write("welcome.html", name=evil, link='https://x.example/" onclick="alert(1)')

    assert "<script" not in body
    assert "evil.example'" not in body
    assert ' onclick="' not in body
    assert evil in text_of(body)


def test_what_a_template_lacks_is_an_error_and_no_gap_in_a_mail(templates):
    with pytest.raises(UndefinedError, match="link"):
        templates.write("welcome.html", name="Ada")
    with pytest.raises(UndefinedError, match="name"):
        templates.write("welcome.html", link="https://x.example")
    with pytest.raises(TemplateNotFound):
        templates.write("farewell.html", name="Ada")
