"""Makes test/golden/picture-matrix.json.gz: files over format, sample type, planes, tiles, codec, alpha, byte order, and the
digest of the grey raster that each must give, read back from the same bytes by tifffile (TIFF) or Pillow (the others).

    pip install pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy
    python scripts/make-picture-matrix.py test/golden/picture-matrix.json.gz
"""
import base64, gzip, hashlib, io, itertools, json, struct, sys
import numpy as np, tifffile
from PIL import Image

W, H = 40, 36
yy, xx = np.mgrid[0:H, 0:W]
SCENE = np.clip(0.1 + 0.2 * xx / W + 0.7 * np.exp(-(((yy - 9 - xx // 8) / 2.5) ** 2)), 0, 1)
files = {}


def scaled(dtype):
    t = np.dtype(dtype)
    if t.kind == 'f':
        return SCENE.astype(t)
    low = np.iinfo(t).min // 2 if t.kind == 'i' else 0
    return (low + SCENE * (np.iinfo(t).max - low) * (0.9 if t.itemsize < 4 else 0.001)).astype(t)


def luma(rgb):
    r, g, b = (rgb[..., i].astype(np.int64) for i in range(3))
    return ((r * 4899 + g * 9617 + b * 1868 + 8192) >> 14).astype(rgb.dtype)


def on_white(grey, alpha):
    m = np.iinfo(grey.dtype).max
    g, a = grey.astype(np.int64), alpha.astype(np.int64)
    return ((g * a + m * (m - a) + (m >> 1)) // m).astype(grey.dtype)


def digest(grey):
    kind = 'u8' if grey.dtype == np.uint8 else 'u16' if grey.dtype == np.uint16 else 'f32'
    grey = np.ascontiguousarray(grey if kind != 'f32' else grey.astype('<f4'))
    h = hashlib.sha256(f'{W}x{H}:{kind}\n'.encode())
    h.update(grey.astype(grey.dtype.newbyteorder('<')).tobytes())
    return h.hexdigest()


def add(name, data, grey):
    files[name] = {'file': base64.b64encode(data).decode(), 'raster': digest(grey)}


def alpha_of(dtype):
    return np.where(xx < W // 3, np.iinfo(dtype).max // 3, np.iinfo(dtype).max).astype(dtype)


def make_tiffs():
    codecs = [None, 'lzw', 'deflate', 'packbits']
    for order, dtype, codec, tile, big in itertools.product(
        '<>', ['u1', 'u2', 'u4', 'i1', 'i2', 'i4', 'f4', 'f8'], codecs, [None, (16, 16)], [False, True]
    ):
        if dtype == 'f8' and (tile or codec in ('lzw', 'packbits')):
            continue
        out = io.BytesIO()
        with tifffile.TiffWriter(out, byteorder=order, bigtiff=big) as tif:
            tif.write(scaled(dtype), photometric='minisblack', compression=codec, tile=tile, rowsperstrip=None if tile else 7, metadata=None)
        name = f'tiff {order} {dtype} {codec} {"tiles" if tile else "strips"} {"big" if big else "classic"}'
        add(name, out.getvalue(), tifffile.imread(io.BytesIO(out.getvalue())))
    for dtype, codec, tile, planes, kind in itertools.product(
        ['u1', 'u2'], [None, 'lzw', 'deflate'], [None, (16, 16)], ['contig', 'separate'], ['la', 'lx', 'rgb', 'rgba', 'rgbx']
    ):
        grey = scaled(dtype)
        rgb = np.stack([grey, np.roll(grey, 3, 1), grey[::-1]], -1)
        extra = alpha_of(dtype)
        plain = grey if kind in ('la', 'lx') else luma(rgb)
        channels = [grey] if kind in ('la', 'lx') else list(np.moveaxis(rgb, -1, 0))
        if kind != 'rgb':
            channels.append(extra)
        samples = np.stack(channels, -1 if planes == 'contig' else 0)
        options = {'extrasamples': ['unassalpha' if kind.endswith('a') else 'unspecified']} if kind != 'rgb' else {}
        out = io.BytesIO()
        tifffile.imwrite(out, samples, photometric='rgb' if kind.startswith('rgb') else 'minisblack', planarconfig=planes,
                         compression=codec, tile=tile, rowsperstrip=None if tile else 7, metadata=None, **options)
        back = tifffile.imread(io.BytesIO(out.getvalue()))
        back = back if planes == 'contig' else np.moveaxis(back, 0, -1)
        assert np.array_equal(back, np.stack(channels, -1))
        right = on_white(plain, extra) if kind in ('la', 'rgba') else plain
        add(f'tiff {kind} {dtype} {codec} {"tiles" if tile else "strips"} {planes}', out.getvalue(), right)


def make_others():
    grey = scaled('u1')
    rgb = np.stack([grey, np.roll(grey, 3, 1), grey[::-1]], -1)
    alpha = alpha_of('u1')
    pictures = {
        'L': Image.fromarray(grey), 'RGB': Image.fromarray(rgb), '1': Image.fromarray(grey > 90), 'LA': Image.fromarray(np.dstack([grey, alpha])),
        'RGBA': Image.fromarray(np.dstack([rgb, alpha])), 'P': Image.fromarray(rgb).quantize(60), 'P4': Image.fromarray(rgb).quantize(15),
    }
    for mode, form in itertools.product(pictures, ['png', 'bmp', 'gif', 'webp']):
        if (form in ('bmp', 'gif') and mode in ('LA', 'RGBA')) or (form == 'gif' and mode == 'RGB') or (form == 'webp' and mode not in ('RGB', 'RGBA')):
            continue
        out = io.BytesIO()
        options = {'lossless': True, 'exact': True} if form == 'webp' else {}
        pictures[mode].save(out, form, **options)
        back = Image.open(io.BytesIO(out.getvalue())).convert('RGBA')
        full = np.array(back)
        flat = luma(full[..., :3])
        add(f'{form} {mode}', out.getvalue(), on_white(flat, full[..., 3]) if mode.endswith('A') else flat)
    make_bmps(grey, rgb)


def bmp(bits, compression, data, palette=b'', masks=b'', height=H):
    head = struct.pack('<IiiHHIIiiII', 40, W, height, 1, bits, compression, len(data), 2835, 2835, len(palette) // 4, 0)
    offset = 14 + len(head) + len(masks) + len(palette)
    return struct.pack('<2sIHHI', b'BM', offset + len(data), 0, 0, offset) + head + masks + palette + data


def run_lengths(rows, bits):
    out = bytearray()
    for row in rows:
        for value, group in itertools.groupby(row):
            n = len(list(group))
            out += bytes([n, value if bits == 8 else value * 17])
        out += b'\0\0'
    return bytes(out + b'\0\1')


def make_bmps(grey, rgb):
    table = bytes(v for i in range(256) for v in (255 - i, i, i // 2, 0))
    four = (grey >> 4).astype(np.uint8)
    bgrx = np.dstack([rgb[..., ::-1], np.zeros((H, W), 'u1')])
    five = rgb.astype(np.uint16) >> 3
    packed = (five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2]).astype('<u2')
    cases = {
        '8 table': bmp(8, 0, grey[::-1].tobytes(), table),
        '8 top down': bmp(8, 0, grey.tobytes(), table, height=-H),
        '8 runs': bmp(8, 1, run_lengths(grey[::-1], 8), table),
        '4 runs': bmp(4, 2, run_lengths(four[::-1], 4), table[: 16 * 4]),
        '16': bmp(16, 0, packed[::-1].tobytes()),
        '24 top down': bmp(24, 0, rgb[..., ::-1].tobytes(), height=-H),
        '32': bmp(32, 0, bgrx[::-1].tobytes()),
        '32 fields': bmp(32, 3, bgrx[::-1].tobytes(), masks=struct.pack('<III', 0xFF0000, 0xFF00, 0xFF)),
    }
    for name, data in cases.items():
        back = np.array(Image.open(io.BytesIO(data)).convert('RGB'))
        add(f'bmp {name}', data, luma(back))


make_tiffs()
make_others()
open(sys.argv[1], 'wb').write(gzip.compress(json.dumps(files).encode(), 9, mtime=0))
print(len(files), 'files')
