"""DICOM RT Structure Sets (PS3.3 A.19) in and out: what the rest of the program imports."""

from workstation.dicom.structure_set_read import parse_structure_set, read_structure_set
from workstation.dicom.structure_set_values import Approval, StructureSet
from workstation.dicom.structure_set_write import write_structure_set

__all__ = ["Approval", "StructureSet", "parse_structure_set", "read_structure_set", "write_structure_set"]
