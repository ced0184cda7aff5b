"""Which photo a mask is of: by the table that 'hairline predict' wrote beside the mask, else by its name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from hairline.inspection import photos as photo_files
from hairline.inspection import places, records
from hairline.inspection.photos import Photo
from hairline.io.reading import composed, there


class Recorded:
    """Photos that masks were made of, by predictions.csv of the folders they lie in; each is read once."""

    def __init__(self) -> None:
        self._tables: dict[Path, Mapping[str, Path]] = {}

    def of(self, mask: Path) -> Path | None:
        """The photo of a mask, which may not be there any more; None where no table tells.

        Raises:
            HairlineError: If a table is not as it was written.
        """
        for folder in mask.parents:
            if folder.name == places.MASKS and there(folder.parent / records.FILE):
                return self._table(folder.parent).get(_plain(PurePosixPath(mask.relative_to(folder).as_posix())))
        return None

    def _table(self, folder: Path) -> Mapping[str, Path]:
        if folder not in self._tables:
            self._tables[folder] = {composed(row.name): Path(row.photo) for row in records.read(folder).values()}
        return self._tables[folder]


class Photos:
    """The photos of a folder, to be found by masks."""

    def __init__(self, folder: Path, out: Path, masks: Iterable[Photo]) -> None:
        """List them.

        Args:
            folder: Theirs.
            out: Folder that is written to; what lies in it is no photo.
            masks: All masks that photos will be looked for.

        Raises:
            HairlineError: If there is none.
        """
        found, _ = photo_files.find([folder], out)
        self._root = photo_files.absolute(folder)
        self._longer = {path: composed(name) for path, name in photo_files.name_all(found, {}).items()}
        self._exact = {name: path for path, name in self._longer.items()}
        self._masks = {_plain(mask.name) for mask in masks}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for photo in found:
            self._by_name[_plain(photo.name)].append(photo.path)

    def of(self, mask: Photo, recorded: Path | None) -> list[Path]:
        """The photos that a mask may be of: one where that is clear.

        A mask of a network is of the photo that the table names, where that lies in the folder, or of one of its name
        in a folder that was moved. Another mask is of the photo of its name without suffix, or of the longer name that
        :mod:`hairline.inspection.photos` gives photos that share one.

        Args:
            mask: The mask.
            recorded: Of :class:`Recorded`.
        """
        if recorded is not None:
            if recorded in self._longer or self._lies_below(recorded):
                return [recorded]
            name = _plain(mask.name.with_name(recorded.name))
            moved = [path for path in self._by_name.get(name, []) if path.name == recorded.name]
            if len(moved) == 1:
                return moved
        return self._by_names(_plain(mask.name))

    def _by_names(self, name: str) -> list[Path]:
        exact = [self._exact[name]] if name in self._exact else []
        found = list(dict.fromkeys([*self._by_name.get(name, []), *exact]))
        clear = len(found) > 1 and all(self._longer[path] in self._masks for path in found)
        return exact if clear else found

    def _lies_below(self, photo: Path) -> bool:
        """Whether it is there; of videos only some frames are listed."""
        return photo.is_relative_to(self._root) and photo_files.recorded(str(photo)).file.is_file()


def without_mask(folder: Path, out: Path, taken: Iterable[Path]) -> list[Path]:
    """The photos and videos of a folder that no mask is of, in the order of names.

    Args:
        folder: Of the photos.
        out: Folder that is written to; what lies in it is no photo.
        taken: Photos that a mask is of; a frame stands for its whole video.
    """
    found, _ = photo_files.find([folder], out)
    known = {photo_files.absolute(photo_files.recorded(str(path)).file) for path in taken}
    return [path for path in dict.fromkeys(photo.file for photo in found) if photo_files.absolute(path) not in known]


def _plain(name: PurePosixPath) -> str:
    return composed(name.with_suffix("").as_posix())
