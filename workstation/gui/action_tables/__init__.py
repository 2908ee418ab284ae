"""What a person can do, one module for each menu; `workstation.gui.actions` joins them."""
