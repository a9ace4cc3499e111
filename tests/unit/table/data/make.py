#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the files of this folder anew, a kind of dirt each; what is in them is
made up. Run it after a change here and commit what it wrote."""
import os
import struct
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def put(name, data):
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def relations(items, kind=RELS):
    return f'<Relationships xmlns="{PACKAGE}">' + "".join(
        f'<Relationship Id="{i}" Type="{kind}/{t}" Target="{to}"/>'
        for i, t, to in items) + "</Relationships>"


def parts(sheet, strings=None, styles=None, book=None, extra=()):
    """The usual parts around the inside of one sheet."""
    sheets = book or ('<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
                      "</sheets>")
    found = [("rId1", "worksheet", "worksheets/sheet1.xml")]
    result = {
        "_rels/.rels": relations([("rId1", "officeDocument",
                                   "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}">'
                           f"{sheets}</workbook>",
        "xl/worksheets/sheet1.xml": sheet if sheet.startswith("<?") else
        f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
    }
    if strings is not None:
        found.append(("rId8", "sharedStrings", "sharedStrings.xml"))
        result["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    if styles is not None:
        found.append(("rId9", "styles", "styles.xml"))
        result["xl/styles.xml"] = (f'<styleSheet xmlns="{MAIN}">{styles}'
                                   "</styleSheet>")
    found += extra
    result["xl/_rels/workbook.xml.rels"] = relations(found)
    return result


def xlsx(name, content):
    path = os.path.join(HERE, name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for part, text in content.items():
            out.writestr(zipfile.ZipInfo(part), text, zipfile.ZIP_DEFLATED)


def rows(*lines):
    """Cells as inline texts."""
    text = ""
    for number, cells in enumerate(lines, 1):
        text += f'<row r="{number}">' + "".join(
            f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in cells) + "</row>"
    return f"<sheetData>{text}</sheetData>"


# --- csv -------------------------------------------------------------------
put("plain.csv", "name,price\r\nmicroscope,79.5\r\nlaser,12\r\n")
put("bom.csv", b"\xef\xbb\xbfname,price\r\nlaser,1\r\n")
put("gb18030.csv", "名称,原值\r\n扫描电子显微镜,79.5\r\n激光器,无\r\n"
    .encode("gb18030"))
put("macroman.csv", b"name,mail\rlaser,a@b\xca\rmaser,\x8e\r")
put("latin1.csv", "name,place\ncaf\xe9s,M\xfcnchen\n".encode("latin-1"))
put("utf16le.txt", b"\xff\xfe" + "name\tprice\r\n显微镜\t5\r\n"
    .encode("utf-16-le"))
put("utf16_no_mark.csv", "name,price\r\nlaser,5\r\n".encode("utf-16-le"))
put("bad_utf8.csv", b"name,mail\nlaser,a\xcab\nmaser,\xe4\xb8\nok,c\n")
put("nul.csv", b"name,mail,place,room\nlaser,a\x00b,here in the city,5\n")
put("line_ends.csv", b"a,b\r\n1,2\n3,4\r5,6")
put("quotes.csv", 'a,b\n"x ""y"" z","1,2"\n"two\r\nlines",\'5" disk\n'
    'in 19" rack,"last"')
put("unclosed.csv", 'a,b\n1,"2\n3,4\n5,6\n')
put("behind_quote.csv", 'a,b\n"x"y,1\n3,4\n"5\n6" ,7\n8,9\n')
put("ragged.csv", "a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,, \n")
put("blank_lines.csv", "\n\r\na,b,,\n\n1,2,,\n,,,\n  ,\t,,\n3,4,,\n\n")
put("semicolon.csv", "a;b\n1,5;2\n")
put("sep.csv", "sep=|\r\na|b\r\n1;2|3,4\r\n")
put("titled.csv", "All instruments,,\nas of 2026\nname,price\nlaser,5\n")
put("twice.csv", "name,price,name\n1,2,3\n")
put("unnamed.csv", "name,,price\n1,2,3\n")
put("only_blank.csv", "\r\n , ,\r\n")
put("empty.csv", "")
put("heading_only.csv", "a,b\n")
put("formula.csv", "a,b,c,d\n=1+1,+1,-1,@x\n")
put("tab.tsv", 'a\tb\n1,5\t"two\nlines"\n"x\t y"\t5" disk\n')

# --- json ------------------------------------------------------------------
put("array.json", '[{"a": "x", "b": 79.5},\n {"a": null, "c": true},\n'
    ' {"b": 1e3, "a": ["p", 2], "c": []}]\n')
put("wrapped.json", '{"total": 2, "codes": [1, "}"], "no": {"x": "]"},\n'
    ' "rows": [{"a": "1"}, {"a": "2"}], "more": null}\n')
put("two_lists.json", '{"x": [{"a": 1}], "y": [{"b": 2}]}')
put("nested.json", '[{"a": {"b": 1}}, {"a": ["x,y"]}, {"a": [[1]]},'
    ' {"a": "fine"}]')
put("broken.json", '[{"a": 1},\n {"a": 2},\n {"a" 3}]')
put("cut.json", '[{"a": 1},\n {"a": 2')
put("no_object.json", '[{"a": 1}, 5]')
put("empty_list.json", "[]\n")
put("lines.json", '{"a": 1}\n{"a": 2}\n')
put("bad_utf8.json", b'[{"a": "x\xcay"}]')
put("lines.jsonl", '{"a": "1", "b": "\\u663e"}\n\n{"a": }\n[1]\n'
    '{"a": 1, "a": 2}\n{"b": 12345678901234567}\n')
put("nul.jsonl", '{"a": "x\\u0000y"}\n')

# --- xlsx ------------------------------------------------------------------
STYLES = ('<numFmts count="3">'
          '<numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/>'
          '<numFmt numFmtId="165" formatCode="[h]:mm:ss"/>'
          '<numFmt numFmtId="166" formatCode="0.00&quot; days&quot;"/>'
          '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
          '<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="14"/>'
          '<xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/>'
          '<xf numFmtId="166"/><xf numFmtId="20"/></cellXfs>')
STRINGS = ("<si><t>kind</t></si><si><t>value</t></si>"
           "<si><t xml:space=\"preserve\"> kept </t></si>"
           "<si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r>"
           "<rPh sb=\"0\" eb=\"1\"><t>phonetic</t></rPh></si>"
           "<si><t>a_x000D_b _x005F_x000D_ _xD83D__xDE00_ _xD83D_ &lt;&amp;"
           "</t></si>")


def one(number, kind, cell):
    return (f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{kind}'
            f"</t></is></c>{cell}</row>")


VALUES = [
    ("shared", '<c r="B{n}" t="s"><v>2</v></c>'),
    ("rich", '<c r="B{n}" t="s"><v>3</v></c>'),
    ("escapes", '<c r="B{n}" t="s"><v>4</v></c>'),
    ("noise", '<c r="B{n}"><v>79.599999999999994</v></c>'),
    ("zeros", '<c r="B{n}"><v>79.500000000000000</v></c>'),
    ("small", '<c r="B{n}"><v>1.0000000000000001E-5</v></c>'),
    ("large", '<c r="B{n}"><v>1.2E+7</v></c>'),
    ("whole", '<c r="B{n}"><v>123456789012345678</v></c>'),
    ("date", '<c r="B{n}" s="1"><v>42370</v></c>'),
    ("custom date", '<c r="B{n}" s="3"><v>42370</v></c>'),
    ("date and time", '<c r="B{n}" s="2"><v>42370.75</v></c>'),
    ("time", '<c r="B{n}" s="6"><v>0.5</v></c>'),
    ("elapsed", '<c r="B{n}" s="4"><v>58.5</v></c>'),
    ("days", '<c r="B{n}" s="5"><v>1.5</v></c>'),
    ("day 1", '<c r="B{n}" s="1"><v>1</v></c>'),
    ("day 59", '<c r="B{n}" s="1"><v>59</v></c>'),
    ("day 60", '<c r="B{n}" s="1"><v>60</v></c>'),
    ("day 61", '<c r="B{n}" s="1"><v>61</v></c>'),
    ("no day", '<c r="B{n}" s="1"><v>-3</v></c>'),
    ("iso", '<c r="B{n}" t="d"><v>2016-01-01T00:00:00</v></c>'),
    ("boolean", '<c r="B{n}" t="b"><v>1</v></c>'),
    ("error", '<c r="B{n}" t="e"><v>#N/A</v></c>'),
    ("formula", '<c r="B{n}" t="str"><f>A1</f><v>text</v></c>'),
    ("no value", '<c r="B{n}"><f>A1</f></c>'),
    ("phonetic", '<c r="B{n}" t="inlineStr"><is><t>漢字</t><rPh><t>かな</t>'
                 "</rPh></is></c>"),
    ("merged", '<c r="B{n}" t="inlineStr"><is><t>above</t></is></c>'),
    ("", '<c r="B{n}"/>'),
    ("not a number", '<c r="B{n}"><v>abc</v></c>'),
    ("no string", '<c r="B{n}" t="s"><v>99</v></c>'),
    ("out of order", '<c r="D{n}"><v>1</v></c><c r="B{n}"><v>2</v></c>'),
    ("far", '<c r="ALM{n}"><v>1</v></c>'),
    ("far and blank", '<c r="B{n}"><v>1</v></c><c r="XFD{n}" s="1"/>'),
]
data = ('<sheetData><row r="2"><c r="A2" t="s"><v>0</v></c>'
        '<c r="B2" t="s"><v>1</v></c></row>')
for at, (kind, cell) in enumerate(VALUES):
    number = at + 4
    data += one(number, kind, cell.format(n=number))
data += ('<row r="90" hidden="1"><c r="A90"><v>1</v></c><c r="B90" t="s">'
         '<v>1</v></c></row></sheetData><mergeCells><mergeCell ref="B29:B30"/>'
         "</mergeCells>")
xlsx("values.xlsx", parts(data, STRINGS, STYLES))

two = parts(rows(["hidden"], ["1"]), book=(
    '<sheets><sheet name="Notes" sheetId="1" state="hidden" r:id="rId1"/>'
    '<sheet name="Chart" sheetId="2" r:id="rId2"/>'
    '<sheet name="目录" sheetId="3" r:id="rId3"/></sheets>'),
    extra=[("rId2", "chartsheet", "chartsheets/sheet1.xml"),
           ("rId3", "worksheet", "/xl/worksheets/Sheet3.xml")])
two["xl/worksheets/sheet3.xml"] = (
    f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="inlineStr">'
    "<x:is><x:t>seen</x:t></x:is></x:c></x:row><x:row><x:c><x:v>2</x:v></x:c>"
    "</x:row></x:sheetData></x:worksheet>")
xlsx("sheets.xlsx", two)

# One sheet is read: the first that has cells and is not hidden.
many = parts("<sheetData/>", book="<sheets>" + "".join(
    f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"'
    + (' state="hidden"' if name == "旧" else "") + "/>"
    for i, name in enumerate(["Sheet1", "旧", "郑州大学", "Sheet2", "河南大学"], 1))
    + "</sheets>", extra=[(f"rId{i}", "worksheet", f"worksheets/sheet{i}.xml")
                          for i in range(2, 6)])
for i in range(2, 6):
    many[f"xl/worksheets/sheet{i}.xml"] = (
        f'<worksheet xmlns="{MAIN}">' + ("<sheetData/>" if i == 4 else
        rows(["编号"], [f"{i}"])) + "</worksheet>")
xlsx("several.xlsx", many)

xlsx("1904.xlsx", parts(
    '<sheetData><row><c t="inlineStr"><is><t>day</t></is></c></row>'
    '<row><c s="1"><v>0</v></c></row><row><c s="1"><v>40908</v></c></row>'
    "</sheetData>", styles=STYLES,
    book='<workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" '
         'r:id="rId1"/></sheets>'))
xlsx("titled.xlsx", parts(rows(["All"], ["name", "price"], ["laser", "5"])))
xlsx("rows_back.xlsx", parts(
    '<sheetData><row r="5"><c t="inlineStr"><is><t>a</t></is></c></row>'
    '<row r="5"><c><v>1</v></c></row></sheetData>'))
xlsx("bomb.xlsx", parts(f"<sheetData>{' ' * 9000000}</sheetData>"))
xlsx("large_tag.xlsx", parts(
    f'<sheetData a="{"ab" * 1500000}"></sheetData>'))
xlsx("deep.xlsx", parts("<x>" * 100 + "</x>" * 100))
xlsx("dtd.xlsx", parts(
    '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="inlineStr"><is>'
    "<t>&b;</t></is></c></row></sheetData></worksheet>"))
xlsx("entity.xlsx", parts(
    '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a SYSTEM '
    '"file:///etc/passwd">]>'
    f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="inlineStr"><is>'
    "<t>&a;</t></is></c></row></sheetData></worksheet>"))
xlsx("bad_xml.xlsx", parts(
    '<sheetData><row><c t="inlineStr"><is><t>a</t></is></c></row><row><c><v>1'
    "</v></c></row><row><c></row></sheetData>"))
xlsx("long.xlsx", parts(
    '<sheetData><row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c>'
    '</row><row><c t="s"><v>2</v></c></row></sheetData>',
    strings="<si><t>a</t></si><si><t>" + "x" * 70000 +
            "</t></si><si><t>after</t></si>"))
xlsx("sheet.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                   "content.xml": "<x/>"})
xlsx("book.xlsb", {"xl/workbook.bin": "x"})
xlsx("other.zip", {"readme.txt": "x"})
content = parts(rows(["a"], ["1"]))
xlsx("plain.xlsx", content)
with open(os.path.join(HERE, "plain.xlsx"), "rb") as file:
    plain = file.read()
put("cut.xlsx", plain[:len(plain) // 2])
# The flag of encryption, in each local and central header.
locked = bytearray(plain)
for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
    at = locked.find(mark)
    while at >= 0:
        locked[at + offset] |= 1
        at = locked.find(mark, at + 4)
put("locked.xlsx", bytes(locked))
compound = bytes.fromhex("d0cf11e0a1b11ae1")
put("old.xls", compound + bytes(504) + "Workbook".encode("utf-16-le"))
put("encrypted.xlsx",
    compound + bytes(70000) + "EncryptedPackage".encode("utf-16-le"))
put("page.xls", "<html><table><tr><td>a</td></tr></table></html>")
put("text.xlsx", "a,b\n1,2\n")
