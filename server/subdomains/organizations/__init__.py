"""
Organizations: the tenants of the product.

An organization groups end users, carries settings of its own, and knows who pays for it. What its members may do there
belongs to users; the organization keeps a copy of who they are. Every registered user has a personal one; persons
create shared ones.
"""
