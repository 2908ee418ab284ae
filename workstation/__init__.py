"""The radiotherapy workstation, for use from Python."""
