"""The open document: images, structures, registrations, measurements and the history of what was done to them."""
