"""DICOM files in and out; the only place where pydicom is used."""
