"""Drawing tools and undoable commands, free of Qt and of VTK."""
