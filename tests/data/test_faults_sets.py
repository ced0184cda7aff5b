"""Faulty and unusual names, folders, links, lists and tables, a line a kind."""

import os
import re
import shutil
import unicodedata

import numpy as np
import pytest
from support.kinds import (
    Imported,
    Kind,
    both,
    crack,
    drop,
    refused,
    stopped,
    truth,
    try_out,
    wall,
    warned,
)

MAC, WEB = unicodedata.normalize("NFD", "süd"), unicodedata.normalize("NFC", "süd")
LONG = "x" * 251  # 255 bytes with its suffix, the most a file system takes
SPLITS = "id,split\na,train\nb,train\nc,val\nd,val\ne,test\nf,test\n"
LIST = "".join(f"traincrop/{name}.jpg traincrop/{name}.png\n" for name in "abcdef")


def name(image, mask=None, row=None):
    """Give the files of sample b other names, and its row in split.csv."""

    def spoil(root):
        (root / "images" / "b.png").rename(root / "images" / f"{image}.png")
        (root / "masks" / "b.png").rename(root / "masks" / f"{mask or image}.png")
        quoted = '"' + (row or image).replace('"', '""') + '"'
        (root / "split.csv").write_text(SPLITS.replace("b,", f"{quoted},"), errors="surrogateescape")

    return spoil


def link(where, target):
    """Put a link in place of a file or folder."""

    def spoil(root):
        drop(where)(root)
        (root / where).symlink_to(target)

    return spoil


def moved(where, target):
    """Move a file or folder and put a link to it in its place."""

    def spoil(root):
        shutil.move(root / where, root / target)
        (root / where).symlink_to(root / target)

    return spoil


def copied(target, split):
    """Copy image and mask of sample b under another name."""

    def spoil(root):
        for folder in ("images", "masks"):
            shutil.copy(root / folder / "b.png", root / folder / f"{target}.png")
        (root / "split.csv").write_text(SPLITS + f"{target},{split}\n")

    return spoil


def made(make, where):
    """Make something that is no file, in place of all files of its stem."""
    return both(drop(where.replace(".jpg", ".*")), lambda root: make(root / where))


def table(text, encoding="utf-8"):
    return lambda root: (root / "split.csv").write_bytes(text.encode(encoding))


def listed(text, encoding="utf-8"):
    return lambda root: (root / "train.txt").write_bytes(text.encode(encoding))


def mat(content):
    return lambda root: (root / "groundTruth" / "b.mat").write_bytes(content)


def beside(root):
    """What systems and people leave beside images."""
    for folder in ("images", "masks"):
        for file in ("Thumbs.db", ".DS_Store", "._b.png", ".hidden.png", "desktop.ini", "notes.txt"):
            (root / folder / file).write_bytes(b"\0no picture")
        (root / folder / "old").mkdir()
        (root / folder / "old" / "b.png").write_bytes(b"")


COPIES = [
    Kind("a picture in two splits", copied("z", "test"), stopped("duplicates_across_splits")),
    Kind("a picture twice in a split", copied("z", "train"), warned("duplicates_within_split")),
    Kind("a group in two splits", table("id,split,group\na,train,x\nb,train,y\nc,val,z\nd,val,w\ne,test,y\nf,test,v\n"),
         warned("groups_across_splits")),
    Kind("names that differ in case", copied("B", "train"), refused("B.png", "b.png", "upper and lower case")),
    Kind("two suffixes of one name", lambda root: shutil.copy(root / "images/b.png", root / "images/b.jpg"),
         refused("b.png: b.jpg has the same name", "rename or remove")),
]  # fmt: skip

NAMES = [
    Kind("umlauts", name(WEB), Imported(wall("b"), crack("b"), WEB)),
    Kind("umlauts of a Mac", name(MAC), Imported(wall("b"), crack("b"), WEB)),
    Kind("umlauts, the image from a Mac", name(MAC, WEB, WEB), Imported(wall("b"), crack("b"), WEB)),
    Kind("umlauts, the table from a Mac", name(WEB, WEB, MAC), Imported(wall("b"), crack("b"), WEB)),
    Kind("Chinese", name("裂缝 一"), Imported(wall("b"), crack("b"), "裂缝 一")),
    Kind("spaces, comma and quote", name("wall 1, 'b'"), Imported(wall("b"), crack("b"), "wall 1, 'b'")),
    Kind("percent and braces", name("50% {id} $(b)"), Imported(wall("b"), crack("b"), "50% {id} $(b)")),
    Kind("dots", name("b.v2.final"), Imported(wall("b"), crack("b"), "b.v2.final")),
    Kind("200 bytes", name("x" * 200), Imported(wall("b"), crack("b"), "x" * 200)),
    Kind("255 bytes", name(LONG), refused("images", LONG, "at most 200 bytes", "rename the file")),
    Kind("85 letters of 3 bytes", name("缝" * 83), refused("缝缝", "at most 200 bytes", "rename the file")),
    Kind("line break", both(name("wall\nb"), drop("split.csv")), refused(r"images: 'wall\nb.png'", "rename")),
    Kind("escape sequence", name("\x1b[31mb"), refused(r"images: '\x1b[31mb.png'", "printable", "rename the file")),
    Kind("escape sequence in a mask", lambda root: (root / "masks" / "\x1b[31mz.png").write_text(""),
         refused(r"masks/\x1b[31mz.png: there is no image")),
    Kind("mask of two cases", lambda root: shutil.copy(root / "masks/b.png", root / "masks/B.png"),
         refused("B.png: b.png is the mask of b.png, too", "rename or remove")),
    Kind("space at the end", name("b "), refused("'b '", "no space at an end", "rename the file")),
    Kind("question mark", name("b?"), refused("'b?'", "rename the file")),
    Kind("no Unicode", name(os.fsdecode(b"wall\xff")), refused(r"is not encoded in UTF-8", "split.csv")),
    Kind("no Unicode, no table", both(name(os.fsdecode(b"wall\xff")), drop("split.csv")),
         refused(r"images: 'wall\udcff.png'", "printable", "rename the file")),
    Kind("mask of another case", name("B", "b"), Imported(wall("b"), crack("b"), "B")),
    Kind("beside the images", beside, warned("files_passed_over")),
]  # fmt: skip

PLACES = [
    Kind("link to a file", moved("images/b.png", "elsewhere.png"), Imported()),
    Kind("link to a folder", moved("images", "pictures"), Imported()),
    Kind("broken link", link("images/b.png", "gone.png"), refused("b.png: is a link to gone.png, which is not there")),
    Kind("broken link of a mask", link("masks/b.png", "gone.png"), refused("masks/b.png: is a link to gone.png")),
    Kind("broken link of the masks", link("masks", "gone"), refused("masks: is a link to gone", "remove the link")),
    Kind("broken link of the table", link("split.csv", "gone"), refused("split.csv: is a link to gone, which is not")),
    Kind("link to itself", link("images/b.png", "b.png"), refused("images/b.png: cannot be read", "in a circle")),
    Kind("folder that links to itself", link("images", "images"), refused("images: cannot be read", "in a circle")),
    Kind("loop of folders inside", lambda root: (root / "images" / "a").symlink_to("."), Imported()),
    Kind("folder named as an image", made(os.mkdir, "images/b.jpg"), refused("b.jpg: is a folder", "move it away")),
    Kind("pipe named as an image", made(os.mkfifo, "images/b.jpg"), refused("b.jpg: is a pipe or", "move it away")),
    Kind("images is a file", both(drop("images"), lambda root: (root / "images").write_text("")),
         refused("images: cannot be read", "expected a folder")),
    Kind("masks is a file", both(drop("masks"), lambda root: (root / "masks").write_text("")),
         refused("masks: cannot be read", "expected a folder")),
    Kind("no such root", shutil.rmtree, refused("raw/images: no images found", "no such folder", "expected images/")),
    Kind("root is a file", both(shutil.rmtree, lambda root: root.write_text("")), refused("raw", "expected a folder")),
    Kind("empty root", drop("*"), refused("raw/images: no images found", "nothing", "expected images/NAME.jpg")),
    Kind("photos of a phone", lambda root: [path.rename(path.with_suffix(".HEIC")) for path in root.glob("images/*")],
         refused("raw/images: no images found", "6 .heic: convert them to JPEG")),
    Kind("images in sub-folders", both(lambda root: (root / "images").rename(root / "2020"), lambda root: (
         root / "images").mkdir(), lambda root: (root / "2020").rename(root / "images" / "2020")),
         refused("raw/images: no images found", "images: 2020)", "not in sub-folders")),
    Kind("no images", drop("images/*"), refused("raw/images: no images found", "images, masks, split.csv")),
]  # fmt: skip

TABLES = [
    Kind("unknown split", table(SPLITS.replace("val", "valid")), refused("split.csv: line 4", "'valid'", "train, val")),
    Kind("row missing", table(SPLITS.replace("b,train\n", "")), refused("split.csv: 'b' is an image without a row")),
    Kind("row too many", table(SPLITS + "z,val\n"), refused("split.csv: 'z' names no image there is", "correct")),
    Kind("row twice", table(SPLITS + "b,val\n"), refused("split.csv: line 8 has the id 'b'", "each id once")),
    Kind("row cut short", table(SPLITS.replace("b,train", "b")), refused("split.csv: line 3 has 1 of 2", "complete")),
    Kind("other header", table(SPLITS.replace("id,split", "file,set")), refused("split.csv: found the columns file")),
    Kind("semicolons", table(SPLITS.replace(",", ";")), Imported()),
    Kind("Latin-1 table", table(SPLITS + "süd,val\n", "latin-1"), refused("split.csv: is not encoded in UTF-8")),
    Kind("UTF-16 table", table(SPLITS, "utf-16"), refused("split.csv: is not encoded in UTF-8", "save it as UTF-8")),
    Kind("empty table", table(""), refused("split.csv: found the columns (none)", "expected id and split")),
    Kind("table of zeros", table("\0" * 99), refused("split.csv: is no text in UTF-8", "save it as")),
    Kind("quote left open", table(SPLITS.replace("b,", '"b,')), refused("split.csv: is no readable table")),
    Kind("endless cell", table(SPLITS + "x" * 200_000), refused("split.csv: is no readable table", "comma-separated")),
    Kind("mark and line ends of Windows", table("\ufeff" + SPLITS.replace("\n", "\r\n")), Imported()),
    Kind("line ends of old Macs", table(SPLITS.replace("\n", "\r")), Imported()),
    Kind("table is a folder", both(drop("split.csv"), lambda root: (root / "split.csv").mkdir()),
         refused("split.csv: is a folder", "expected a text file")),
    Kind("table and folders in another case", lambda root: [(root / name).rename(root / name.title()) for name in (
         "images", "masks", "split.csv")], Imported()),
    Kind("semicolons and a mark", table("\ufeff" + SPLITS.replace(",", ";")), Imported()),
    Kind("tabs", table(SPLITS.replace(",", "\t")), Imported()),
    Kind("white space around", table(SPLITS.replace(",", " , ")), Imported()),
    Kind("quotes", table(re.sub(r"(\w+),(\w+)", r'"\1","\2"', SPLITS)), Imported()),
    Kind("names with suffixes", table(SPLITS.replace(",train", ".PNG,train")), Imported()),
    Kind("header only", table("id,split\n"), refused("split.csv: 'a' is an image without a row (6 such ids)")),
    Kind("row without its group", table("id,split,group\na,train,g\nb,train\nc,val,h\n"),
         refused("split.csv: line 3 has 2 of 3 values (b, train)", "complete the row")),
    Kind("comma in a name", table("id,group\na,x\nb,1,y\n"), refused("split.csv: line 3 has 3 of 2", "quotes around")),
    Kind("column twice", table(SPLITS.replace("id,split", "id,id")), refused("split.csv: names the column 'id' 2 t")),
    Kind("row twice, once with its suffix", table(SPLITS + "b.png,val\n"), refused("line 8 has the id 'b.png' of")),
    Kind("UTF-16 without a mark", table(SPLITS, "utf-16-le"), refused("split.csv: is no text in UTF-8", "save it as")),
    Kind("zero byte in a row", table(SPLITS.replace("b,", "b\0,")), refused("split.csv: is no text in UTF-8")),
    Kind("columns of a synthetic set", table(SPLITS.replace("id,", "name,")), refused("split.csv: found the columns"),
         "synthetic"),
]  # fmt: skip

LISTS = [
    Kind("file missing", drop("traincrop/b.png"), refused("train.txt: 1 of the 12 files", "crop/b.png", "exclude")),
    Kind("malformed line", listed(LIST + "traincrop/z.jpg\n"), refused("train.txt: entry 7 is 'traincrop/z.jpg'")),
    Kind("name with a space", listed(LIST.replace("/b.", "/b 1.")), refused("train.txt: entry 2", "expected an image")),
    Kind("backslashes", listed(LIST.replace("/", "\\")), Imported()),
    Kind("Latin-1 list", listed(LIST + "süd.jpg süd.png\n", "latin-1"), refused("train.txt: is not encoded in UTF-8")),
    Kind("empty list", listed("\n"), stopped("samples_found", sample="")),
    Kind("suffixes and list in upper case", lambda root: [path.rename(path.with_suffix(path.suffix.upper()))
         for path in [*root.glob("traincrop/*"), *root.glob("*.txt")]], Imported()),
    Kind("mark of UTF-8", listed(LIST, "utf-8-sig"), Imported()),
    Kind("line ends of Windows", listed(LIST.replace("\n", "\r\n") + "\r\n"), Imported()),
    Kind("line twice", listed(LIST + "traincrop/b.jpg traincrop/b.png\n"), refused("names", "b.jpg more than")),
    Kind("list is a folder", both(drop("train.txt"), lambda root: (root / "train.txt").mkdir()),
         refused("train.txt: is a folder")),
    Kind("broken link for a list", link("train.txt", "gone"), refused("train.txt: is a link to gone")),
    Kind("no list, files of a Mac", both(drop("train.txt"), lambda root: (root / "traincrop" / "._b.jpg").write_text(
         "")), Imported()),
    Kind("no list, mask missing", both(drop("train.txt"), drop("traincrop/b.png")), stopped("pairs_complete")),
    Kind("no list, broken link of a mask", both(drop("train.txt"), link("traincrop/b.png", "gone")),
         refused("b.png: is a link to gone")),
    Kind("folder missing", drop("traincrop"), refused("traincrop: no such folder", "train.txt", "folders")),
    Kind("folder is a file", both(drop("traincrop"), lambda root: (root / "traincrop").write_text("")),
         refused("traincrop: no such folder")),
    Kind("root missing", shutil.rmtree, refused("traincrop: no such folder", "put the set there")),
]  # fmt: skip

WHOLE = truth(crack("b") + np.uint8(1), do_compression=True)
HDF5 = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM" + bytes(384) + b"\x89HDF\r\n\x1a\n"
TRUTHS = [
    Kind("truncated .mat", mat(truth(crack("b") + np.uint8(1))[:900]), refused("b.mat: found no readable", "replace")),
    Kind("truncated compressed .mat", mat(WHOLE[:200]), refused("b.mat: found no readable", "exclude")),
    Kind("damaged compressed .mat", mat(WHOLE[:180] + b"\xff" * 8 + WHOLE[188:]), refused("b.mat: found no readable")),
    Kind("other labels", mat(truth(crack("b") + np.uint8(4))), refused("b.mat: found labels 5", "labels 1 to 4")),
    Kind("no number", mat(truth(np.full((48, 64), np.nan))), refused("b.mat: found labels nan")),
    Kind(".mat of HDF5", mat(HDF5), refused("b.mat: found no readable", "HDF")),
    Kind("empty matrix", mat(truth(np.zeros((0, 0), np.uint8))), refused("b.mat: found Segmentation of shape (0, 0)")),
    Kind("text named .mat", mat(b"not a matrix " * 40), refused("b.mat: found no readable MATLAB file")),
    Kind("matrix of another size", mat(truth(crack("b")[:40] + np.uint8(1))), stopped("sizes_equal",
         mask=crack("b")[:40])),
    Kind("files of a Mac", lambda root: [(root / "image" / "._b.jpg").write_text(""), (root / "groundTruth" / "._b.mat"
         ).write_text("")], Imported()),
    Kind("broken link for a .mat", link("groundTruth/b.mat", "gone"), refused("b.mat: is a link to gone")),
    Kind("ground truth folder missing", drop("groundTruth"), refused("groundTruth: no .mat file found", "image")),
]  # fmt: skip

ALL = [
    *COPIES, *NAMES, *PLACES, *TABLES,
    *(Kind(kind.name, kind.spoil, kind.outcome, "crack500") for kind in LISTS),
    *(Kind(kind.name, kind.spoil, kind.outcome, "cfd") for kind in TRUTHS),
]  # fmt: skip


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.layout}: {kind.name}")
def test_kind(kind, tmp_path, values, caplog):
    try_out(kind, tmp_path, values, caplog)
