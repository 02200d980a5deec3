"""Tenantry: the backend every SaaS product needs."""
