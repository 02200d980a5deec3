"""
Users: the end users of the platform, persons and machines, defined once outside all organizations.

A user owns its roles and features on the platform, its memberships of organizations with the roles and features inside
each, its default membership, and, before it registers, the invitation it came by. Users are never deleted.
"""
