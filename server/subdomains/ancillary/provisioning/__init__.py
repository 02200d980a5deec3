"""
Provisioning: hands the settings of a newly provisioned tenant to its organization.

Messages are queued when organizations are created, or put there by tools that provision infrastructure. Organizations
answers the port through which their settings change.
"""
