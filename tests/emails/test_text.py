"""The text that is made of a mail's HTML."""

import pytest

from server.subdomains.ancillary.emails.adapters.text import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>two<br>three</p>", "One\n\ntwo\nthree\n"),
        ("<p>One\n  line</p>", "One line\n"),
        ("<html><head><title>x</title><style>p {}</style></head><body>Hi</body></html>", "Hi\n"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two\n"),
        ('<a href="https://x.example/?a=1&amp;b=2">Go</a>', "Go (https://x.example/?a=1&b=2)\n"),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example\n"),
        ('<a href="https://x.example"><img></a>', "https://x.example\n"),
        ("Tom &amp; J&eacute;r&ocirc;me &lt;3", "Tom & Jérôme <3\n"),
        ("<!DOCTYPE html><![x[ odd ]]>kept<!-- hidden -->", "kept\n"),
        ("a < b <", "a < b <\n"),
        ("</p></a></div>stray", "stray\n"),
        ("", "\n"),
    ],
)
def test_paragraphs_lists_and_links_stay_readable(html, text):
    assert text_of(html) == text
