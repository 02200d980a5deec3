"""Made from the contracts in ``protos/`` by ``make protos``. Not to be edited."""
