"""Contours that a person drew or another system sent, and the masks and volumes derived from them."""
