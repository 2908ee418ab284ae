"""`workstation mask`: one structure as voxels on an image's grid."""

from __future__ import annotations

import argparse
import time
from typing import Any

from workstation.cli.output import note, print_json, progress_on_terminal
from workstation.cli.references import existing_path, file_to_write, find_structure, load_image_for


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("mask", help="write one structure as a NIfTI mask on the image's grid")
    parser.add_argument("--structures", required=True, metavar="RS.dcm", help="the RTSTRUCT file")
    parser.add_argument("--image", required=True, metavar="DIR", help="the images whose grid the mask takes")
    parser.add_argument("--structure", required=True, metavar="NAME", help="which structure")
    parser.add_argument("--out", required=True, metavar="MASK.nii.gz", help="the file to write (.nii.gz, .nrrd, .mha)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the mask and print how large it is."""
    from workstation.dicom.structure_set import read_structure_set
    from workstation.images.files import require_ending, write_mask
    from workstation.structures.rasterise import mask_of

    path, out = existing_path(options.structures), file_to_write(options.out)
    require_ending(out)
    image = load_image_for(options.image, read_structure_set(path), progress_on_terminal())
    structure_set = read_structure_set(path, image)
    for warning in structure_set.warnings:
        note(f"warning: {warning}")
    structure = find_structure(structure_set.structures, options.structure)
    start = time.perf_counter()
    mask = mask_of(structure.stack, image.grid)
    write_mask(out, mask)
    result = {
        "structure": structure.name,
        "out": str(out.resolve()),
        "voxels": int(mask.voxels.sum()),
        "volume_cc": round(mask.volume_cc, 4),
        "size": list(image.grid.size),
        "spacing_mm": image.grid.spacing_mm.tolist(),
        "seconds": round(time.perf_counter() - start, 3),
    }
    if options.json:
        print_json(result)
    else:
        print(f"{result['structure']}: {result['voxels']} voxels, {result['volume_cc']:.2f} cc -> {result['out']}")
    return 0
