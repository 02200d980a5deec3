"""
Second factors: what persons who sign in with a password show besides, when they have switched that on.

Authenticator apps, codes by SMS and by e-mail, and recovery codes for whoever has lost all of them. Each code is good
once. Nothing of it is stored so that a reader of the database could sign in with it.
"""
