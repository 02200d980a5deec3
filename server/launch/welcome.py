"""What the supervisor shows when everything runs: what listens where, and a first call to try."""

from server.kernel.settings import PlatformSettings

PAGE = """
Tenantry runs ({env}). Ctrl-C drains and stops.

  REST, gRPC, gRPC-Web   http://127.0.0.1:{http_port}
  service accounts       http://127.0.0.1:{internal_http_port}
  gRPC, no gateway       {grpc_host}:{grpc_port} ({processes})
  database               {database}
  data                   {data}

A first call to try:

  curl http://127.0.0.1:{http_port}/health
"""


def welcome(settings: PlatformSettings) -> str:
    """The page for these settings. No secret is on it."""
    processes = f"{settings.processes} process{'es' if settings.processes > 1 else ''}"
    values = settings.model_dump(include={"env", "http_port", "internal_http_port", "grpc_host", "grpc_port"})
    database = "the one of TENANTRY_DATABASE_URL" if settings.database_url else "embedded PostgreSQL"
    return PAGE.format(**values, processes=processes, database=database, data=settings.data_folder)
