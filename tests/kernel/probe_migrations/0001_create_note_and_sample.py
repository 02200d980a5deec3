"""The tables of the probe."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE probe.note (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            text text NOT NULL CONSTRAINT note_is_not_empty CHECK (text <> ''),
            version integer NOT NULL,
            CONSTRAINT note_pkey PRIMARY KEY (organization_id, id),
            CONSTRAINT note_text_is_unique UNIQUE (organization_id, text)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE probe.sample (
            id uuid PRIMARY KEY,
            raw uuid,
            colour text,
            colours text[],
            friends uuid[],
            instants timestamptz[],
            at timestamptz,
            number integer,
            large bigint,
            amount numeric,
            is_on boolean,
            body bytea,
            data jsonb,
            texts text[]
        )
        """
    )
    protect(op, "probe", "note")
    allow(op, "probe", "note")
    allow(op, "probe", "sample")
