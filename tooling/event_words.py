"""
What the fields of events mean, by their names: those that many events share, or that say little of themselves.

A comment above a field or behind it says what it means in that event, and comes first.
"""

WORDS = {
    "accepted_at": "when it was accepted",
    "attempted_at": "when it was tried",
    "began_at": "when it began",
    "ended_at": "when it ended",
    "ends_at": "when it ends; that instant is out",
    "expires_at": "when it expires",
    "failed_at": "when it failed",
    "sent_at": "when it was sent",
    "starts_at": "when it starts",
    "access_token_expires_at": "when the access token expires",
    "refresh_token_expires_at": "when the refresh token expires",
    "accepted_email_address": "the address that the invitation was sent to",
    "access": "`enabled` or `suspended`",
    "against_id": "who or what the audit is about",
    "assigned_by_id": "who did it",
    "authenticator_type": "`recovery_codes`, `oob_sms`, `oob_email` or `totp`",
    "audit_attempt": "whether the attempt was audited",
    "audit_code": "what happened",
    "began_from": "where the trip began",
    "borrower_id": "who reserved the car",
    "buyer_id": "who pays",
    "buyer_reference": "what the provider calls the buyer",
    "caused_by_reason": "why the car cannot be had",
    "caused_by_reference": "the booking, when that is why",
    "classification": "`person` or `machine`",
    "content_type": "`html` or `templated`",
    "country_code": "ISO 3166, three letters",
    "display_name": "how others see the user",
    "ended_to": "where the trip ended",
    "features": "what has been paid for, included levels too",
    "host_region": "where the server stands",
    "is_active": "whether it can be used at once",
    "is_default": "whether it counts when no organization is named",
    "is_encrypted": "whether the value is kept encrypted",
    "is_mfa_enabled": "whether a second factor is asked for",
    "is_verified": "whether the password was right",
    "jurisdiction": "who issued the plate",
    "locale": "BCP 47",
    "managers": "who looks after it",
    "message_id": "the message that asked for it",
    "mfa_can_be_disabled": "whether the person may do without",
    "number": "what stands on the plate",
    "organization_id": "the organization it happened in",
    "owner": "whose it is",
    "ownership": "`shared` or `personal`",
    "provider_state": "what the provider wants to be remembered",
    "receipt_id": "what the gateway calls it",
    "role": "the role",
    "roles": "the roles, included ones too",
    "setting_name": "its name",
    "state": "the state or province",
    "status": "the state it is in now",
    "subscriber_id": "who subscribed",
    "subscription_reference": "what the provider calls the subscription",
    "tags": "by which whoever asked for it knows it",
    "timezone": "IANA",
    "type": "the type of the value",
    "user_id": "the user",
    "user_profile": "the personal details that were given",
    "username": "the e-mail address; machines have none",
    "value": "the value",
    "zip": "the postal code",
}


def meaning_of(name: str) -> str:
    """What a field means, as far as its name says it."""
    if name in WORDS:
        return WORDS[name]
    words = name.replace("_", " ")
    if name.endswith("_by_id"):
        return "who did it"
    if name.endswith("_id"):
        return f"id of the {words.removesuffix(' id')}"
    if name.endswith("_at"):
        return f"when: {words.removesuffix(' at')}"
    return f"the {words}"
