"""Phantoms whose truth is known, and the lessons built on them."""
