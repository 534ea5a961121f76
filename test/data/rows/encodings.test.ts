// Which encoding the error for text that is not UTF-8 names. The bytes are invented words as iconv writes them.
import { expect, test } from "vitest";
import { gzipSync } from "node:zlib";
import { unpack } from "../../../src/data/gzip.ts";
import { conversionHint } from "../../../src/data/rows/encodings.ts";

test.each([
  ["WINDOWS-1252", "caf\xe9, d\xe9j\xe0 vu; it\x92s \x93so\x94"],
  ["WINDOWS-1252", "Stra\xdfe, \xdcber, sch\xf6n"],
  ["MACINTOSH", "caf\x8e, d\x8ej\x88 vu"],
  ["MACINTOSH", "it\xd5s \xd2so\xd3"],
  ["MACINTOSH", "the Senate\x89\xdb\xaas own \x89\xdb\xcfrule\x89\xdb\x9d"], // stands for nothing in WINDOWS-1252
  ["WINDOWS-1250", "za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1"],
  ["WINDOWS-1251", "\xef\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0"],
  ["KOI8-R", "\xd0\xd2\xc9\xd7\xc5\xd4, \xcb\xc1\xcb \xc4\xc5\xcc\xc1"],
  [
    "WINDOWS-1251",
    "\xce\xd2\xcb\xc8\xd7\xcd\xce, \xcf\xeb\xee\xf5\xee; \xb3 \xb3\xed\xf8\xb3 \xf1\xeb\xee\xe2\xe0",
  ],
  ["CP866", "\x8e\xe2\xab\xa8\xe7\xad\xeb\xa9 \xe4\xa8\xab\xec\xac"],
  ["ISO-8859-2", "Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1"],
  ["ISO-8859-15", "\xe0 la plage, \xbduvre, 5 \xa4"],
  ["WINDOWS-1252", "M\xdcNCHEN, \xc4RGER, COR\xc7\xc3O, \xbd cup"],
  ["WINDOWS-1253", "\xd0\xef\xeb\xfd \xea\xe1\xeb\xde \xf4\xe1\xe9\xed\xdf\xe1"],
  ["WINDOWS-1254", "\xc7ok g\xfczel, \xf6neririm, \xfdl\xfdk a\xf0a\xe7"],
  ["WINDOWS-1255", "\xf1\xf8\xe8 \xee\xf6\xe5\xe9\xef \xee\xe0\xe5\xe3 \xe0\xe4\xe1\xfa\xe9"],
  ["WINDOWS-874", "\xcb\xb9\xd1\xa7\xb4\xd5\xc1\xd2\xa1\xaa\xcd\xba\xc1\xd2\xa1"],
  ["CP932", "\x82\xb1\x82\xea\x82\xcd\x96\x7b\x82\xc5\x82\xb7\x81\x42"],
  ["CP949", "\xb3\xaf\xbe\xbe\xb0\xa1 \xb3\xaa\xbb\xda\xb4\xd9"],
  ["GB18030", "\xce\xd2\xba\xdc\xcf\xb2\xbb\xb6\xd5\xe2\xb8\xf6\xa1\xa3"],
])("%s: %j", (name, bytes) => {
  expect(conversionHint(Buffer.from(bytes, "latin1"))).toContain(
    `iconv -f ${name} -t UTF-8 FILE > NEW-FILE`,
  );
});

test("of a file that is UTF-8 but for single bytes, the line is to be corrected", () => {
  const bytes = Buffer.concat([Buffer.from("größer und schön\n"), Buffer.from([0xff])]);
  expect(conversionHint(bytes)).toContain("iconv -c -f UTF-8");
});

test("what unpacks to more than the limit is refused", () => {
  const packed = gzipSync(Buffer.alloc(1001));
  expect(unpack("x.gz", packed, 1001, "hint")).toHaveLength(1001);
  expect(() => unpack("x.gz", packed, 1000, "hint")).toThrow(
    "x.gz: unpacked, more than 1000 bytes: expected at most that",
  );
});
