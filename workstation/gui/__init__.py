"""The window: viewports, panels, dialogs; the only place where Qt is used."""
