"""
Subscriptions: what organizations pay for.

Every organization has exactly one. It names the buyer, keeps the state that the installed billing provider has for it,
and yields plan, tier, period and next invoice. The tier decides the features of all members.
"""
