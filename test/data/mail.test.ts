// What is left of a raw mail: invented ones in every encoding that the corpus has.
import { describe, expect, test } from "vitest";
import { parseMail } from "../../src/data/mail.ts";

function mail(...lines: string[]) {
  return parseMail(Buffer.from(lines.join("\n"), "latin1"));
}

function bodyOf(type: string, encoding: string, ...body: string[]): string {
  return mail(`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`, "", ...body).body;
}

const subject = (value: string) => mail(`Subject: ${value}`, "", "").subject;

test("keeps subject and body and no other header", () => {
  const parsed = mail(
    "From a@example.org  Thu Aug 22 12:36:23 2002",
    "X-Spam-Status: Yes",
    "List-Id: gardeners",
    "Subject: seeds for",
    "\tthe spring",
    "Subject: a second one",
    "",
    "Dear all,",
    "",
    "X-Body: is not a header",
  );
  expect(parsed).toEqual({
    subject: "seeds for the spring",
    body: "Dear all,\n\nX-Body: is not a header",
  });
});

test("squeezes blanks and blank lines", () => {
  expect(mail("", "one \t two  ", "", "", "", "  three").body).toBe("one two\n\nthree");
});

test.each([
  ["CRLF", "Subject: hi\r\n\r\nyou\r\n", { subject: "hi", body: "you" }],
  ["no body", "Subject: hi", { subject: "hi", body: "" }],
  ["no headers", "\nonly text", { subject: "", body: "only text" }],
  ["nothing", "", { subject: "", body: "" }],
])("copes with %s", (_, raw, expected) => {
  expect(parseMail(Buffer.from(raw))).toEqual(expected);
});

describe("decodes", () => {
  test("quoted-printable", () => {
    const body = bodyOf(
      "text/plain; charset=utf-8",
      "quoted-printable",
      "caf=C3=A9 =",
      "1=3D1 =zz",
    );
    expect(body).toBe("café 1=1 =zz");
  });

  test("base64", () => {
    const [first, second] = ["Two lines of ", "plain words"].map((s) => Buffer.from(s, "utf8"));
    const text = Buffer.concat([first, second]).toString("base64");
    expect(bodyOf("text/plain", "BASE64", text.slice(0, 8), text.slice(8))).toBe(
      "Two lines of plain words",
    );
  });

  test("charsets, taking unknown ones for Windows-1252", () => {
    expect(bodyOf("text/plain; charset=koi8-r", "8bit", "\xc4\xc1")).toBe("да");
    expect(bodyOf('text/plain; charset="no such"', "8bit", "\x80\x97\x9f")).toBe("€—Ÿ");
    expect(bodyOf("text/plain", "8bit", "na\xefve")).toBe("naïve");
  });

  test("encoded words in the subject", () => {
    expect(subject("=?iso-8859-1?Q?Gr=FC=DFe_an?= alle")).toBe("Grüße an alle");
    expect(subject("=?utf-8?B?w6Q=?= =?utf-8?b?w7Y=?=")).toBe("äö");
    expect(subject("=?bad?X?y?=")).toBe("=?bad?X?y?=");
  });
});

describe("HTML", () => {
  test("becomes words", () => {
    const html = [
      "<html><head><title>not shown</title><style>p { color: red }</style></head>",
      "<body><!-- hidden <b>remark</b> --><p class='x'>One &amp; <b>two</b></p>",
      "<script>alert('<p>')</script>a &lt; b&nbsp;&#8364;&#x21; &unknown; 3 < 4<br>end</body></html>",
    ];
    const body = bodyOf("text/html", "7bit", ...html);
    expect(body.replace(/\s+/g, " ")).toBe("One & two a < b €! &unknown; 3 < 4 end");
    expect(body).toMatch(/4\nend$/);
  });

  test("is recognised where it calls itself plain", () => {
    expect(bodyOf("text/plain", "7bit", "<HTML><body>words</body></HTML>")).toBe("words");
  });

  test("that never closes does not hang", () => {
    const started = performance.now();
    bodyOf("text/html", "7bit", "<a ".repeat(50_000) + "<!--".repeat(50_000));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

const part = (type: string, text: string) => ["--cut", `Content-Type: ${type}`, "", text];
const multipart = (type: string, ...parts: string[][]) =>
  bodyOf(`${type}; boundary="cut"`, "7bit", "preamble", ...parts.flat(), "--cut--", "epilogue");

describe("multipart", () => {
  test("alternatives give the plain one", () => {
    const parts = [part("text/plain", "plain words"), part("text/html", "<p>rich words</p>")];
    expect(multipart("multipart/alternative", ...parts)).toBe("plain words");
  });

  test("HTML counts where there is no plain text", () => {
    const parts = [part("text/plain", ""), part("text/html", "<p>rich words</p>")];
    expect(multipart("multipart/alternative", ...parts)).toBe("rich words");
  });

  test("attachments are not text", () => {
    const parts = [part("text/plain", "see picture"), part("image/png", "iVBORw0KGgo")];
    expect(multipart("multipart/mixed", ...parts)).toBe("see picture");
  });

  test("parts may be multipart or whole mails", () => {
    const nested = [
      "--cut",
      "Content-Type: multipart/mixed; boundary=inner",
      "",
      "--inner",
      "",
      "in",
    ];
    const forwarded = part("message/rfc822", "Subject: old\n\nforwarded words");
    expect(multipart("multipart/mixed", [...nested, "--inner--"], forwarded)).toBe(
      "in\n\nforwarded words",
    );
  });

  test("without a boundary is read as it stands", () => {
    expect(bodyOf("multipart/mixed", "7bit", "words")).toBe("words");
  });
});
