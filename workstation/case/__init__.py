"""The open document: images, structures, registrations and the history of what was done to them."""
