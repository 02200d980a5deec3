"""
Auth tokens: the sessions of persons, however they signed in, and the tokens that keep each one going.

A sign-in opens a session with a short access token and a refresh token that is good once. A refresh token that comes
a second time has been stolen from somebody, so it ends the session.
"""
