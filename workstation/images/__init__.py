"""Volumes and phase series: reading through SimpleITK, resampling and window presets."""
