"""Rules about Composer: packages, their lock and the maps of the autoloader."""
