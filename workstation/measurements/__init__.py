"""What is measured on images: distances, angles, regions and line profiles, and the figures that they give."""
