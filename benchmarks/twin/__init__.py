"""
The twin: the same two operations as an experienced team would write them with FastAPI and SQLAlchemy's ORM.

Nothing in here is slow on purpose: async ORM, one session a request, pydantic answers, uvloop and
httptools under uvicorn. What it may leave out is in its favour: it takes the roles, features and organization of the
caller from the token (so nothing can be revoked), has no row-level security, and signs by HS256, which verifies faster
than our ES256.
"""
