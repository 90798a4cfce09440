"""The doors to a machine, standard library only: files, processes, network, services, and in ``write`` its changes."""
