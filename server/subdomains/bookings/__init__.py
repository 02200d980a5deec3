"""
Bookings: members of an organization borrow its cars for a while.

A sample. It proves that two subdomains succeed or fail together, and is deleted from a real product, before cars.
"""
