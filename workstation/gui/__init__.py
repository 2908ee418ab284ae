"""The window: Qt lives here and nowhere else. Nothing in it computes; it asks the case and shows the answer."""
