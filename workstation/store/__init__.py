"""The SQLite case file that journals every command as it happens."""
