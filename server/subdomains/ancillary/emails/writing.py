"""Writes mails from templates (Jinja2). What people have typed is escaped, and what a template lacks is an error."""

from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

_SHARED = Path(__file__).parent / "templates"


class MailTemplates:
    """The templates of a subdomain. They extend ``mail.html``, the look of every mail, and fill its block ``text``."""

    def __init__(self, folder: Path, *, product: str) -> None:
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(_SHARED)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["product"] = product

    def write(self, template: str, **values: str) -> str:
        """
        Write the body of a mail in HTML. Gateways make its plain text from it.

        Every mail needs *name*: whom it greets.
        """
        return self._templates.get_template(template).render(values)
