"""Everything around the processes: the embedded database, the gateway, and the supervisor of all."""
