"""Kernels that evaluate a packed model of smooth bodies: its fields at points, and its picture on a grid.

A voxel is composed front to back: the last layer is on top, each covers what lies under it by the share that the
body takes of a point-spread's width at that place, so edges have partial volume without supersampling.

Patterns of a layer: 0 plain; 1 air cells between septa (size, septum, mm); 2 cortex with sulci; 3 cerebellar
folia; 4 patches that fade outward (threshold, softness); 5 spots (threshold, wavelength mm); 6 a mixture
(mean share of the second tissue, wavelength mm).
"""

from __future__ import annotations

from math import exp, floor, pi, sin, sqrt

import numba
import numpy as np

from workstation.teaching.shapes import BOX, CONE, ELLIPSOID, MARGIN_COLUMN, PART_WIDTH, SOFTNESS_MM

FAR_MM = 1e3
GREY, WHITE, CSF = 8, 9, 10
BLOCK = 6
WHOLE_BLOCK = -2
SAMPLES_PER_WAVE = 8.0
MASK = 63


@numba.njit(cache=True, nogil=True, inline="always")
def _ramp(t):  # type: ignore[no-untyped-def]
    """Smooth step: 0 below 0, 1 above 1."""
    if t <= 0.0:
        return 0.0
    if t >= 1.0:
        return 1.0
    return t * t * (3.0 - 2.0 * t)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _noise(lattice, x, y, z, wavelength):  # type: ignore[no-untyped-def]
    """Smooth random number of about unit deviation at a point (mm)."""
    s = SAMPLES_PER_WAVE / wavelength
    u, v, w = x * s, y * s, z * s
    i, j, k = floor(u), floor(v), floor(w)
    u, v, w = u - i, v - j, w - k
    i0, j0, k0 = i & MASK, j & MASK, k & MASK
    i1, j1, k1 = (i + 1) & MASK, (j + 1) & MASK, (k + 1) & MASK
    a = (lattice[k0, j0, i0] * (1 - u) + lattice[k0, j0, i1] * u) * (1 - v)
    a += (lattice[k0, j1, i0] * (1 - u) + lattice[k0, j1, i1] * u) * v
    b = (lattice[k1, j0, i0] * (1 - u) + lattice[k1, j0, i1] * u) * (1 - v)
    b += (lattice[k1, j1, i0] * (1 - u) + lattice[k1, j1, i1] * u) * v
    return a * (1 - w) + b * w


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _part_distance(part, x, y, z):  # type: ignore[no-untyped-def]
    """Signed distance (mm; near the surface) of a point to one part."""
    if part[0] == CONE:
        bx, by, bz = part[4] - part[1], part[5] - part[2], part[6] - part[3]
        px, py, pz = x - part[1], y - part[2], z - part[3]
        length = bx * bx + by * by + bz * bz
        t = 0.0
        if length > 0.0:
            t = min(1.0, max(0.0, (px * bx + py * by + pz * bz) / length))
        px, py, pz = px - t * bx, py - t * by, pz - t * bz
        return sqrt(px * px + py * py + pz * pz) - (part[7] + t * (part[8] - part[7]))
    px, py, pz = x - part[1], y - part[2], z - part[3]
    qx = part[7] * px + part[8] * py + part[9] * pz
    qy = part[10] * px + part[11] * py + part[12] * pz
    qz = part[13] * px + part[14] * py + part[15] * pz
    if part[0] == BOX:
        r = part[16]
        qx, qy, qz = abs(qx) - part[4] + r, abs(qy) - part[5] + r, abs(qz) - part[6] + r
        ox, oy, oz = max(qx, 0.0), max(qy, 0.0), max(qz, 0.0)
        return sqrt(ox * ox + oy * oy + oz * oz) + min(max(qx, qy, qz), 0.0) - r
    qx, qy, qz = qx / part[4], qy / part[5], qz / part[6]
    k0 = sqrt(qx * qx + qy * qy + qz * qz)
    qx, qy, qz = qx / part[4], qy / part[5], qz / part[6]
    k1 = sqrt(qx * qx + qy * qy + qz * qz)
    if k1 < 1e-9:
        return -min(part[4], part[5], part[6])
    return max(k0 * (k0 - 1.0) / k1, -min(part[4], part[5], part[6]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _body_distance(live, start, middle, end, parts, shape, lattice, x, y, z):  # type: ignore[no-untyped-def]
    """Field of one body at a point: `live[start:middle]` its parts, `live[middle:end]` the carved ones."""
    blend = shape[0]
    d = FAR_MM
    for n in range(start, middle):
        e = _part_distance(parts[live[n]], x, y, z)
        if blend > 0.0:
            h = max(blend - abs(d - e), 0.0)
            d = min(d, e) - h * h / (4.0 * blend)
        else:
            d = min(d, e)
    for n in range(middle, end):
        e = -_part_distance(parts[live[n]], x, y, z)
        h = max(blend - abs(d - e), 0.0)
        d = max(d, e)
        if blend > 0.0:
            d += h * h / (4.0 * blend)
    d -= shape[1]
    rough = shape[2]
    if rough > 0.0 and abs(d) < 4.0 * rough + 8.0:
        d += rough * _noise(lattice, x + shape[4], y + shape[5], z + shape[6], shape[3])
    return d


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cells(x, y, z, size):  # type: ignore[no-untyped-def]
    """Half the gap between the nearest and second nearest cell centre (mm): small on a septum (Worley noise)."""
    u, v, w = x / size, y / size, z / size
    i, j, k = floor(u), floor(v), floor(w)
    near, second = 1e9, 1e9
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                h = ((i + a) * 73856093) ^ ((j + b) * 19349663) ^ ((k + c) * 83492791)
                h = (h * 1103515245 + 12345) & 0x7FFFFFFF
                rx = (h & 1023) / 1023.0
                ry = ((h >> 10) & 1023) / 1023.0
                rz = ((h >> 20) & 1023) / 1023.0
                dx, dy, dz = i + a + rx - u, j + b + ry - v, k + c + rz - w
                q = dx * dx + dy * dy + dz * dz
                if q < near:
                    second = near
                    near = q
                elif q < second:
                    second = q
    return 0.5 * (sqrt(second) - sqrt(near)) * size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _tissue(table, lattice, tissue, x, y, z):  # type: ignore[no-untyped-def]
    value = table[tissue, 0]
    if table[tissue, 1] > 0.0:
        value += table[tissue, 1] * _noise(lattice, x + 3.3 * tissue, y, z, 5.5)
    return value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cortex(table, lattice, depth, x, y, z, softness):  # type: ignore[no-untyped-def]
    """Grey ribbon over white matter, folded along the sheets where a random field crosses zero."""
    wavelength = 21.0
    sheet = abs(_noise(lattice, x, y, z, wavelength)) * wavelength * 0.19
    gap = 1.1 * _ramp((21.0 - depth) / 15.0) - 0.2
    into = min(depth - 1.6, sheet - gap + 30.0 * _ramp((depth - 14.0) / 12.0))
    grey = _ramp(into / softness + 0.5)
    white = _ramp((into - 3.0) / (1.2 * softness) + 0.5)
    value = table[CSF, 0] * (1 - grey) + grey * (table[GREY, 0] * (1 - white) + table[WHITE, 0] * white)
    return value + table[GREY, 1] * _noise(lattice, x, y, z, 6.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _folia(table, lattice, depth, x, y, z):  # type: ignore[no-untyped-def]
    """Fine leaves parallel to the surface of the cerebellum around a white core."""
    warp = 2.0 * _noise(lattice, x, y, z, 22.0)
    leaf = 0.5 + 0.5 * sin(2 * pi * (z + 0.25 * y + warp) / 4.6)
    fissure = _ramp((leaf - 0.86) / 0.14) * exp(-max(depth, 0.0) / 7.0)
    white = _ramp((depth - 11.0 - 3.0 * leaf - warp) / 3.0)
    value = table[GREY, 0] * (1 - white) + table[WHITE, 0] * white
    return value * (1 - 0.8 * fissure) + table[CSF, 0] * 0.8 * fissure


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _painted(numbers, sizes, table, lattice, d, x, y, z, softness):  # type: ignore[no-untyped-def]
    """(coverage factor, value) of a layer at a point where its body's field is `d`."""
    tissue, pattern, other = numbers[1], numbers[2], numbers[3]
    if pattern == 2:
        return 1.0, _cortex(table, lattice, -d, x, y, z, softness)
    if pattern == 3:
        return 1.0, _folia(table, lattice, -d, x, y, z)
    value = _tissue(table, lattice, tissue, x, y, z)
    if pattern == 0:
        return 1.0, value
    if pattern == 1:
        share = _ramp((_cells(x, y, z, sizes[1]) - 0.5 * sizes[2]) / softness + 0.5)
    elif pattern == 4:
        n = _noise(lattice, x, y, z, 7.0) - 1.6 * max(d + 0.0, 0.0) / max(-sizes[0], 0.1)
        return _ramp((n - sizes[1]) / sizes[2] + 0.5), value
    elif pattern == 5:
        share = _ramp((_noise(lattice, x, y, z, sizes[2]) - sizes[1]) / 0.5 + 0.5)
    else:
        share = min(1.0, max(0.0, sizes[1] + 0.45 * sizes[1] * _noise(lattice, x, y, z, sizes[2])))
    return 1.0, value * (1 - share) + share * table[other, 0]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _clipped(body, live, starts, parts, shapes, clips, lattice, distance, stamp, ticket, x, y, z):  # type: ignore[no-untyped-def]
    """Field of a body clipped to its container; what was computed for this point (ticket) or block (-2) is kept."""
    if stamp[body] == ticket or stamp[body] == WHOLE_BLOCK:
        return distance[body]
    d = _body_distance(live, starts[body, 0], starts[body, 1], starts[body, 2], parts, shapes[body], lattice, x, y, z)
    c = int(clips[body, 0])
    if c >= 0 and d < SOFTNESS_MM:
        if stamp[c] != ticket and stamp[c] != WHOLE_BLOCK:
            distance[c] = _body_distance(
                live, starts[c, 0], starts[c, 1], starts[c, 2], parts, shapes[c], lattice, x, y, z
            )
            stamp[c] = ticket
        d = max(d, distance[c] + clips[body, 1])
    distance[body] = d
    stamp[body] = ticket
    return d


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _half_diagonal(to_model):  # type: ignore[no-untyped-def]
    """Half the diagonal (mm) of a block of voxels."""
    total = 0.0
    for a in range(3):
        total += (abs(to_model[a, 0]) + abs(to_model[a, 1]) + abs(to_model[a, 2])) ** 2
    return 0.5 * BLOCK * sqrt(total)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _least_distance(part, c):  # type: ignore[no-untyped-def]
    """A distance that a part's field reaches at least, here and, less the way there, anywhere else.

    Fields of cones and boxes are exact distances. An ellipsoid's is not, but its gauge changes by at most
    1 / (smallest half axis) a millimetre.
    """
    if part[0] != ELLIPSOID:
        return _part_distance(part, c[0], c[1], c[2])
    px, py, pz = c[0] - part[1], c[1] - part[2], c[2] - part[3]
    qx = (part[7] * px + part[8] * py + part[9] * pz) / part[4]
    qy = (part[10] * px + part[11] * py + part[12] * pz) / part[5]
    qz = (part[13] * px + part[14] * py + part[15] * pz) / part[6]
    return (sqrt(qx * qx + qy * qy + qz * qz) - 1.0) * min(part[4], part[5], part[6])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather(i0, j0, k0, to_model, radius, parts, boxes, ranges, live, starts, c):  # type: ignore[no-untyped-def]
    """List the parts that can reach a block of voxels, body by body; c (3,) receives the block's middle."""
    ci, cj, ck = i0 + 0.5 * (BLOCK - 1), j0 + 0.5 * (BLOCK - 1), k0 + 0.5 * (BLOCK - 1)
    for a in range(3):
        c[a] = to_model[a, 0] * ci + to_model[a, 1] * cj + to_model[a, 2] * ck + to_model[a, 3]
    count = 0
    for b in range(ranges.shape[0]):
        starts[b, 0] = count
        for p in range(ranges[b, 0], ranges[b, 2]):
            if p == ranges[b, 1]:
                starts[b, 1] = count
            gap = 0.0
            for a in range(3):
                gap += max(boxes[p, a] - c[a], 0.0, c[a] - boxes[p, a + 3]) ** 2
            if gap <= radius * radius and _least_distance(parts[p], c) <= radius + parts[p, MARGIN_COLUMN]:
                live[count] = p
                count += 1
        if ranges[b, 1] == ranges[b, 2]:
            starts[b, 1] = count
        starts[b, 2] = count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _deep_enough(bodies, layers, sizes, softness):  # type: ignore[no-untyped-def]
    """(b,) depth from which a body's layers look the same everywhere; far where a pattern depends on the depth."""
    depth = np.full(bodies, softness, np.float64)
    for n in range(layers.shape[0]):
        b = layers[n, 0]
        depth[b] = max(depth[b], sizes[n, 0] + softness)
        if 2 <= layers[n, 2] <= 4:
            depth[b] = FAR_MM
    return depth


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _settle(deep_enough, radius, middle, live, starts, parts, shapes, lattice, distance, stamp):  # type: ignore[no-untyped-def]
    """Mark the bodies that a whole block lies deep in: their field need not be computed voxel by voxel."""
    for b in range(starts.shape[0]):
        stamp[b] = -1
        if starts[b, 1] > starts[b, 0] and deep_enough[b] < FAR_MM:
            d = _body_distance(
                live, starts[b, 0], starts[b, 1], starts[b, 2], parts, shapes[b], lattice,
                middle[0], middle[1], middle[2],
            )  # fmt: skip
            if d < -(1.6 * radius + deep_enough[b]):
                distance[b] = d
                stamp[b] = WHOLE_BLOCK


@numba.njit(cache=True, nogil=True, error_model="numpy")
def paint(out, first, last, to_model, softness, parts, boxes, ranges, shapes, clips, lattice, layers, sizes, table):  # type: ignore[no-untyped-def]
    """Fill slices `first` to `last` (exclusive) of out (k, j, i) float32 with the model's picture.

    to_model (3, 4): index (i, j, k) to a point of the model in mm. softness: width of an edge in mm.
    """
    live = np.empty(parts.shape[0], np.int64)
    starts = np.empty((ranges.shape[0], 3), np.int64)
    order = np.empty(layers.shape[0], np.int64)
    deep_enough = _deep_enough(ranges.shape[0], layers, sizes, softness)
    distance = np.empty(ranges.shape[0], np.float64)
    stamp = np.full(ranges.shape[0], -1, np.int64)
    middle = np.empty(3, np.float64)
    radius = _half_diagonal(to_model)
    ticket = 0
    for k0 in range(first, last, BLOCK):
        for j0 in range(0, out.shape[1], BLOCK):
            for i0 in range(0, out.shape[2], BLOCK):
                _gather(i0, j0, k0, to_model, radius, parts, boxes, ranges, live, starts, middle)
                _settle(deep_enough, radius, middle, live, starts, parts, shapes, lattice, distance, stamp)
                count = 0
                for n in range(layers.shape[0] - 1, -1, -1):
                    if starts[layers[n, 0], 1] > starts[layers[n, 0], 0]:
                        order[count] = n
                        count += 1
                for k in range(k0, min(k0 + BLOCK, last)):
                    for j in range(j0, min(j0 + BLOCK, out.shape[1])):
                        for i in range(i0, min(i0 + BLOCK, out.shape[2])):
                            ticket += 1
                            x = to_model[0, 0] * i + to_model[0, 1] * j + to_model[0, 2] * k + to_model[0, 3]
                            y = to_model[1, 0] * i + to_model[1, 1] * j + to_model[1, 2] * k + to_model[1, 3]
                            z = to_model[2, 0] * i + to_model[2, 1] * j + to_model[2, 2] * k + to_model[2, 3]
                            value, rest = 0.0, 1.0
                            for m in range(count):
                                n = order[m]
                                d = _clipped(
                                    layers[n, 0], live, starts, parts, shapes, clips, lattice, distance, stamp, ticket,
                                    x, y, z,
                                )  # fmt: skip
                                cover = _ramp(0.5 - (d + sizes[n, 0]) / softness)
                                if cover > 0.0:
                                    share, color = _painted(
                                        layers[n], sizes[n], table, lattice, d, x, y, z, softness
                                    )
                                    value += rest * cover * share * color
                                    rest *= 1.0 - cover * share
                                    if rest < 2e-3:
                                        break
                            out[k, j, i] = value + rest * table[0, 0]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_field(out, first, last, to_model, parts, boxes, ranges, shapes, clips, lattice, united, removed):  # type: ignore[no-untyped-def]
    """Fill slices of out (k, j, i) float32 with the field (mm) of the union of some bodies without others.

    united, removed: (n,) numbers of bodies. Right near the surface; far outside it is merely large.
    """
    live = np.empty(parts.shape[0], np.int64)
    starts = np.empty((ranges.shape[0], 3), np.int64)
    distance = np.empty(ranges.shape[0], np.float64)
    stamp = np.full(ranges.shape[0], -1, np.int64)
    middle = np.empty(3, np.float64)
    radius = _half_diagonal(to_model)
    ticket = 0
    for k0 in range(first, last, BLOCK):
        for j0 in range(0, out.shape[1], BLOCK):
            for i0 in range(0, out.shape[2], BLOCK):
                _gather(i0, j0, k0, to_model, radius, parts, boxes, ranges, live, starts, middle)
                for k in range(k0, min(k0 + BLOCK, last)):
                    for j in range(j0, min(j0 + BLOCK, out.shape[1])):
                        for i in range(i0, min(i0 + BLOCK, out.shape[2])):
                            ticket += 1
                            x = to_model[0, 0] * i + to_model[0, 1] * j + to_model[0, 2] * k + to_model[0, 3]
                            y = to_model[1, 0] * i + to_model[1, 1] * j + to_model[1, 2] * k + to_model[1, 3]
                            z = to_model[2, 0] * i + to_model[2, 1] * j + to_model[2, 2] * k + to_model[2, 3]
                            d = FAR_MM
                            for n in range(united.shape[0]):
                                b = united[n]
                                if starts[b, 1] > starts[b, 0]:
                                    d = min(d, _clipped(
                                        b, live, starts, parts, shapes, clips, lattice, distance, stamp, ticket, x, y, z
                                    ))  # fmt: skip
                            if d < SOFTNESS_MM:
                                for n in range(removed.shape[0]):
                                    b = removed[n]
                                    if starts[b, 1] > starts[b, 0]:
                                        d = max(d, -_clipped(
                                            b, live, starts, parts, shapes, clips, lattice, distance, stamp, ticket,
                                            x, y, z,
                                        ))  # fmt: skip
                            out[k, j, i] = d


@numba.njit(cache=True, nogil=True, error_model="numpy")
def body_field(out, points, body, parts, ranges, shapes, clips, lattice):  # type: ignore[no-untyped-def]
    """Fill out (n,) float64 with the field (mm) of body number `body` at points (n, 3) of the model."""
    live = np.arange(parts.shape[0])
    distance = np.empty(ranges.shape[0], np.float64)
    stamp = np.full(ranges.shape[0], -1, np.int64)
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        out[n] = _clipped(body, live, ranges, parts, shapes, clips, lattice, distance, stamp, n, x, y, z)


def warm_up() -> None:
    """Compile the kernels with the types that they are used with."""
    parts = np.zeros((1, PART_WIDTH))
    parts[0, 4:7] = 1.0
    boxes = np.array([[-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]])
    ranges = np.array([[0, 1, 1]], dtype=np.int64)
    shapes = np.array([[0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0]])
    clips = np.array([[-1.0, 0.0]])
    lattice = np.zeros((MASK + 1,) * 3, dtype=np.float32)
    model = (parts, boxes, ranges, shapes, clips, lattice)
    out, to_model, one = np.zeros((2, 2, 2), dtype=np.float32), np.eye(4)[:3].copy(), np.zeros(1, dtype=np.int64)
    body_field(np.zeros(1), np.zeros((1, 3)), 0, parts, ranges, shapes, clips, lattice)
    fill_field(out, 0, 2, to_model, *model, one, one)
    layers, sizes, table = np.zeros((1, 4), dtype=np.int64), np.zeros((1, 3)), np.zeros((23, 2))
    paint(out, 0, 2, to_model, 1.0, *model, layers, sizes, table)
