"""Identities in the whole product."""

from tests.signed_in import whole_product

server, running_clock, people = whole_product("identities")
