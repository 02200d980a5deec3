"""
Export the contracts as OpenAPI 3.1, as the gateway transcodes them.

Bodies are proto3 JSON in camel case, enums are names, 64-bit integers are strings, times are RFC 3339.
"""
