"""The kinds of queued work. On their own, so that the command line need not load what carries them out."""

from enum import StrEnum


class Queue(StrEnum):
    """A kind of work that is carried out after the transaction that asked for it."""

    AUDITS = "audits"
    EMAILS = "emails"
    SMS = "sms"
    USAGES = "usages"
    PROVISIONINGS = "provisionings"
    DOMAIN_EVENTS = "domain_events"
    JOBS = "jobs"
    WEBHOOKS = "webhooks"
