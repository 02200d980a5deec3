"""
User profiles: the personal details of end users.

Names, address, time zone, locale and ways to reach somebody. Every registered person and machine has exactly one; it
belongs to no organization, and mirrors which organization is the user's default.
"""
