"""The graph of derived structures (CTV, PTV, PRV, rings) and the margins that make them."""
