"""
Single sign-on: persons sign up and in with an account at another OpenID Connect provider.

The provider proves who somebody is; what they may do here, and the tokens they get, are ours. The account is known by
its issuer and subject, never by an address. An address only finds a person of ours once, and only when the provider
says that it has verified it.
"""
