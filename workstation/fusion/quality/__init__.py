"""How good a registration is: figures that need no picture, and the tolerances (AAPM TG-132) that judge them."""
