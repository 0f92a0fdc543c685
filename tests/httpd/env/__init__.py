"""The ground that the server tests stand on: processes, ports, clients, logs."""
