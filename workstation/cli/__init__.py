"""The command line: it builds the parts and wires them together."""
