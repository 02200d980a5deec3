"""
Password credentials: persons sign up and in with an e-mail address and a password.

A registration is confirmed by a link sent to its address. Nobody who does not own an address learns here whether it is
known: answers, work and locks are the same for names that exist and for names that do not.
"""
