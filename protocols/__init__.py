"""The listening tests that hearfit knows: one TOML file each, and their loader."""
