"""An archive of some photos and other files, as GitHub packs a repository."""

import io
import stat
import zipfile

TOP = "SimpleCNN-with-SHAP-feb51718/insects/"
CHUNK = 256  # so that a small archive comes in many pieces too


def member(name, mode=stat.S_IFREG | 0o644, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, (2021, 4, 20, 0, 0, 0))
    info.external_attr = mode << 16
    info.compress_type = method
    return info


def packed(photos, folder=TOP, **options):
    """Return the archive of these photos and, as in the repository, of some other files."""
    return zipped(
        (member("SimpleCNN-with-SHAP-feb51718/README.md"), b"# SHAP"),
        (member("SimpleCNN-with-SHAP-feb51718/latest", stat.S_IFLNK | 0o777), b"README.md"),
        *[(member(folder + name, **options), data) for name, data in photos.items()],
    )


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"feb51718af55cc546e74eebec688281a3cf5efed"
        for info, data in members:
            archive.writestr(info, data)
    return file.getvalue()
