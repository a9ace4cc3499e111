# SPDX-License-Identifier: Apache-2.0
"""Tables as files."""

import csv
import io
import json

from .dirt import BAD_BYTE

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
FORMATS = ("csv", "tsv", "jsonl")
BUFFER = 1 << 20
BLANKS = str.maketrans("\t\r\n", "   ")


class Table:
    """One file: a heading, and rows of texts. CSV is RFC 4180; a TSV has no
    quotes, and blanks for tabs and ends of lines inside a field; JSON Lines has
    an object a row, without its empty fields."""

    def __init__(self, folder, name, columns, form, encoding):
        self.columns = columns
        self.form = form
        self.encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self.file = open(folder / f"{name}.{form}", "wb")
        self.text = io.StringIO()
        self.csv = csv.writer(self.text, lineterminator="\r\n")
        self.rows = 0
        if encoding == "utf-8-sig":
            self.file.write(b"\xef\xbb\xbf")
        if form != "jsonl":
            self._put(columns)

    def add(self, row):
        self.rows += 1
        self._put(row)

    def _put(self, row):
        if self.form == "csv":
            self.csv.writerow(row)
        elif self.form == "tsv":
            fields = (field.translate(BLANKS) for field in row)
            self.text.write("\t".join(fields) + "\n")
        else:
            fields = {k: v for k, v in zip(self.columns, row, strict=True) if v}
            json.dump(fields, self.text, ensure_ascii=False)
            self.text.write("\n")
        if self.text.tell() > BUFFER:
            self._flush()

    def _flush(self):
        parts = self.text.getvalue().split(BAD_BYTE)
        self.file.write(
            b"\xca".join(part.encode(self.encoding) for part in parts)
        )
        self.text.seek(0)
        self.text.truncate()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._flush()
        self.file.close()
