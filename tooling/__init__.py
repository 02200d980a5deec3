"""Programs that developers run on the project. Nothing here runs in production."""
