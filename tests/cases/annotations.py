# SPDX-License-Identifier: Apache-2.0
"""Damaged annotation files, a row each: (name, bytes or a function that makes them, outcome).

The outcome is the message that must follow "nodal annotation info: FILE: ", with # for a number and * for words of a
library; or OK.
"""

OK = "OK"

HEAD = b"<ASAP_Annotations>\n<Annotations>\n"
TAIL = b"</Annotations>\n</ASAP_Annotations>\n"


def polygon(*coordinates, group=b"None"):
    return (HEAD + b"<Annotation Name='p' Type='Polygon' PartOfGroup='" + group + b"' Color='#FFFFFF'><Coordinates>\n" +
            b"\n".join(coordinates) + b"\n</Coordinates></Annotation>\n" + TAIL)


def at(order, x, y):
    return f'<Coordinate Order="{order}" X="{x}" Y="{y}" />'.encode()


def groups(count):
    """Each in the next."""
    lines = [f"<Group Name='{i}' PartOfGroup='{i + 1}' />" for i in range(count)]
    return ("<ASAP_Annotations><AnnotationGroups>\n" + "\n".join(lines) + "\n</AnnotationGroups></ASAP_Annotations>").encode()


def bomb():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">\n' for i in range(1, 20))
    return f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a0 "ha">\n{entities}]>\n<ASAP_Annotations>&a19;</ASAP_Annotations>'


GOOD = polygon(at(0, 1, 2), at(1, 30, 2), at(2, 30, 40))
FEATURE = b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]},"properties":{}}'
REGION = b"<Annotations>\n<Annotation><Regions>\n<Region Type='0'><Vertices>%s</Vertices></Region></Regions></Annotation></Annotations>"

VERTICES = b"<Vertex X='1' Y='1'/><Vertex X='90' Y='1'/><Vertex X='90' Y='80'/>"

ROWS = [
    ("whole", GOOD, OK),
    ("no bytes", b"", "is no annotation file: *"),
    ("text", b"hello\n", "is no annotation file: *"),
    ("binary", bytes(range(256)) * 50, "is no annotation file: *"),
    ("html", b"<html><body/></html>", "is no annotation file: *"),
    # XML
    ("cut in an attribute", GOOD[:150], "line 4: *"),
    ("cut in an element", GOOD[:-20], "line 9: *"),
    ("mismatched tags", GOOD.replace(b"</Annotations>", b"</Annotation>"), "line 8: Opening and ending tag mismatch: *"),
    ("no UTF-8", GOOD.replace(b"'p'", b"'\xff\xfe'"), "line 3: Input is not proper UTF-8, *"),
    ("NUL byte", GOOD.replace(b"'p'", b"'p\0'"), "line 3: *"),
    ("unknown entity", GOOD.replace(b"'p'", b"'&nbsp;'"), "line 3: Entity 'nbsp' not defined"),
    ("entity bomb", bomb, "line 2: XML with a document type is refused"),
    ("external entity", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><ASAP_Annotations/>',
     "line 1: XML with a document type is refused"),
    ("a million elements deep", lambda: b"<ASAP_Annotations>\n" + b"<Annotations>" * 1000000,
     "line 2: elements are nested more than 32 deep"),
    ("a million groups deep", lambda: groups(1000000), "line #: more than 65536 groups"),
    ("groups sixty-five deep", lambda: groups(65), "line 2: group '0' is nested more than 64 deep"),
    ("groups in a circle", groups(2).replace(b"'2'", b"'0'"), "line 3: group '1' is part of itself"),
    ("an attribute of 20 MB", lambda: GOOD.replace(b"'p'", b"'" + b"p" * 20000000 + b"'"), "line 3: *"),
    ("a million attributes", lambda: GOOD.replace(b"Name='p'", b" ".join(b"a%d=''" % i for i in range(1000000))),
     "line 3: a tag of more than 1000 attributes"),
    ("attributes behind a comment that quotes", lambda: b"<!---> <a b=\" ' --><ASAP_Annotations " +
     b" ".join(b"a%d='>'" % i for i in range(1000000)) + b"/>", "line 1: a tag of more than 1000 attributes"),
    ("attributes behind an instruction that quotes", lambda: b"<?a <a b=\" ?><ASAP_Annotations " +
     b" ".join(b"a%d=\">\"" % i for i in range(1000000)) + b"/>", "line 1: a tag of more than 1000 attributes"),
    ("attributes in UTF-16", lambda: ("<ASAP_Annotations " + " ".join(f"a{i}=''" for i in range(1000000)) +
                                      "/>").encode("utf-16"), "is no annotation file: *"),
    ("a million annotations", lambda: HEAD + b"<Annotation Name='' Type='Dot' PartOfGroup='g'/>\n" * 1000000 + TAIL, OK),
    ("Order over the end", polygon(at(0, 1, 2), at(2, 30, 2)), "line 5: Order 2 of 2 coordinates"),
    ("Order of 2^40", polygon(at(1 << 40, 1, 2)), "line 4: Order 1099511627776 of 1 coordinates"),
    ("Order of 2^70", polygon(at(1 << 70, 1, 2)), "line 4: Order='1180591620717411303424' is no place in a sequence"),
    ("Order below 0", polygon(at(-1, 1, 2)), "line 4: Order='-1' is no place in a sequence"),
    ("Order twice", polygon(at(0, 1, 2), at(0, 1, 3)), "line 5: Order 0 twice among 2 coordinates"),
    ("no Order", polygon(b'<Coordinate X="1" Y="2" />'), "line 4: <Coordinate> has no Order"),
    ("no X", polygon(b'<Coordinate Order="0" Y="2" />'), "line 4: <Coordinate> has no X"),
    ("no Y", polygon(at(0, 1, 2), b'<Coordinate Order="1" X="2" />'), "line 5: <Coordinate> has no Y"),
    ("NaN", polygon(at(0, "NaN", 2)), "line 4: X='NaN' is no number"),
    ("infinity", polygon(at(0, 1, "-inf")), "line 4: Y='-inf' is no number"),
    ("a comma", polygon(at(0, "1,5", 2)), "line 4: X='1,5' is no number"),
    ("hexadecimal", polygon(at(0, "0x10", 2)), "line 4: X='0x10' is no number"),
    ("beyond any slide", polygon(at(0, "1e300", 2)), "line 5: coordinate 1e+300, 2 of annotation 'p' is no place on a slide"),
    ("region without Y", REGION % b"<Vertex X='1'/>", "line 3: <Vertex> has no Y"),
    ("region of NaN", REGION % b"<Vertex X='1' Y='NaN'/>", "line 3: Y='NaN' is no number"),
    ("ndpa without a slide", b"<annotations/>", "ndpa counts from the middle of the glass: it needs its slide"),
    # JSON
    ("whole feature", FEATURE, OK),
    ("cut feature", FEATURE[:60], "line 1: the file ends in the middle of a value"),
    ("cut list", b"[" + FEATURE + b",\n", "line 2: a value is expected"),
    ("no JSON", b"{type: 1}", "line 1: '\"' is expected"),
    ("brackets that do not match", b'{"type":"Point","coordinates":[1,2}}', "line 1: *"),
    ("wrong root", b'{"type":"Topology","objects":{}}',
     "line 1: is no GeoJSON: 'Topology' is neither a feature nor a geometry"),
    ("number as root", b"[1,2,3]", "line 1: is no GeoJSON: an object without a type"),
    ("JSON that is not UTF-8", FEATURE.replace(b'{}', b'{"name":"\xff"}'), "line 1: *"),
    ("JSON of NaN", FEATURE.replace(b"[9,0]", b"[9,NaN]"), "line 1: *"),
    ("position of one number", FEATURE.replace(b"[9,0]", b"[9]"), "line 1: a position is not two numbers"),
    ("position of null", FEATURE.replace(b"[9,0]", b"[9,null]"), "line 1: a position is not two numbers"),
    ("doubled key", FEATURE.replace(b"{}", b'{"name":"a","name":"b"}'), "line 1: duplicate object key near *"),
    ("a million lists deep", lambda: b"[" * 1000000, "line 1: values are nested more than 64 deep"),
    ("a million objects deep", lambda: b'{"a":' * 1000000, "line 1: values are nested more than 64 deep"),
    ("a million empty objects", lambda: b"[" + b"{}," * 1000000 + b"{}]", "line 1: is no GeoJSON: an object without a type"),
    ("a feature too large", lambda: FEATURE.replace(b"{}", b'{"a":[' + b"{}," * 5000000 + b"{}]}"),
     "line 1: one feature would take more than 320 MiB of memory"),
    ("a million points", lambda: b'{"type":"MultiPoint","coordinates":[' + b"[1,2]," * 999999 + b"[3,4]]}", OK),
    # CSV
    ("table", b"x,y\n1,2\n", OK),
    ("table of too few fields", b"x,y\n1,2\n3\n", "line 3: 1 fields where the first row has 2"),
    ("table of words", b"x,y\none,2\n", "line 2: 'one' is no coordinate"),
    ("table with an open quote", b'x,y,name\n1,2,"a\n', "line 2: a quoted field does not end"),
    ("table that is not UTF-8", b"x,y,name\n1,2,\xff\n", "line 2: field 3 is not UTF-8"),
    ("table of one long field", lambda: b'x,y,name\n1,2,"' + b"a" * 5000000, "line 2: a field of more than 1048576 bytes; *"),
]
