"""The exception family of the DICOM layer."""


class DicomError(ValueError):
    """A DICOM file, series or object that can't be used; one sentence says which, why, and what to do.

    The message never quotes a value of a patient's tags.
    """
