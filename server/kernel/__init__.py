"""What every subdomain stands on. The kernel knows no subdomain."""
