// Opens the report's page in a headless Chromium: nothing is loaded or complained of, tables sort, texts of pictures do not
// overlap, and it fits a phone. Screenshots go to PEFT_SCREENSHOTS where that is set. Skipped where no Chromium is installed.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.ts";
import { tabulate } from "../../src/report/rows.ts";
import { divergedResult, failedResult, runsOf } from "../support/records.ts";
import { learningRateGrid, sweep } from "../support/rows.ts";
import { temporaryFolders } from "../support/temp.ts";

const executablePath = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => existsSync(path));
const freshFolder = temporaryFolders();
const table = tabulate(
  runsOf([
    ...sweep(["mrpc", "rte"]),
    ...learningRateGrid(),
    divergedResult({ method: { name: "houlsby", size: 512 } }),
    failedResult({ method: { name: "houlsby", size: 513 } }),
  ]),
);

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Texts of the page's pictures that lie on each other or leave their picture, as the browser draws them. */
async function clashes(page: Page): Promise<string[]> {
  const pictures = await page.locator("figure svg").evaluateAll((svgs) => {
    type Drawn = Pick<(typeof svgs)[number], "getBoundingClientRect">;
    const boxOf = (element: Drawn): Box => element.getBoundingClientRect().toJSON();
    return svgs.map((svg) => ({
      frame: boxOf(svg),
      texts: [...svg.querySelectorAll("text")]
        .filter((text) => text.textContent !== "")
        .map((text) => ({ text: text.textContent, box: boxOf(text) })),
    }));
  });
  return pictures.flatMap(({ frame, texts }) =>
    texts.flatMap(({ text, box }, i) => [
      ...(box.left < frame.left || box.right > frame.right ? [`${text} is cut off`] : []),
      ...texts
        .slice(i + 1)
        .flatMap((other) => (overlap(box, other.box) ? `${text} | ${other.text}` : [])),
    ]),
  );
}

/** Line boxes are a little taller than their letters. */
function overlap(a: Box, b: Box): boolean {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 1 && height > 4;
}

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Browser;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    const path = join(freshFolder(), "report.html");
    writeFileSync(path, await renderHtml({ ...table, problems: ["x: was not read"] }));
    url = pathToFileURL(path).href;
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
  });
  afterAll(() => browser?.close());

  async function open(options: Parameters<Browser["newPage"]>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:"))
        complaints.push(request.url());
    });
    await page.goto(url);
    await page.locator("html").evaluate((html) => html.ownerDocument.fonts.ready);
    return page;
  }

  async function screenshot(page: Page, name: string): Promise<void> {
    const { PEFT_SCREENSHOTS: folder } = process.env;
    const image = await page.screenshot({
      fullPage: true,
      ...(folder ? { path: join(folder, name) } : {}),
    });
    expect(image.length).toBeGreaterThan(10_000);
  }

  test("shows every row and picture, offline and without complaint", async () => {
    const page = await open({ viewport: { width: 1300, height: 900 }, offline: true });
    expect(complaints).toEqual([]);
    expect(await page.locator("#task1 tbody tr").count()).toBe(
      table.rows.filter(({ task }) => task === "mrpc").length,
    );
    expect(await page.locator("figure svg").count()).toBe(6);
    const fonts = await page
      .locator("html")
      .evaluate((html) => [...html.ownerDocument.fonts].map(({ status }) => status));
    expect(fonts).toEqual(["loaded"]);
    await screenshot(page, "light.png");
  });

  test("texts of pictures do not overlap and are not cut off", async () => {
    const page = await open({ viewport: { width: 1300, height: 900 } });
    expect(await clashes(page)).toEqual([]);
  });

  test("nor do they in the machine's own font", async () => {
    const page = await open({ viewport: { width: 1300, height: 900 } });
    await page.addStyleTag({ content: "svg text { font-family: sans-serif !important }" });
    expect(await clashes(page)).toEqual([]);
  });

  test("a click on a heading sorts by it, empty cells last both ways", async () => {
    const page = await open();
    const heading = page.locator("#task1 th", { hasText: "Δ full" });
    const column = (await heading.evaluate((head) => head.cellIndex)) + 1;
    const cells = () => page.locator(`#task1 tbody td:nth-child(${column})`).allTextContents();
    const numbers = async () =>
      (await cells()).flatMap((text) => (text ? Number(text.replace("−", "-")) : []));
    await heading.getByRole("button").click();
    const ascending = await numbers();
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    expect((await cells()).slice(-2)).toEqual(["", ""]);
    await heading.getByRole("button").click();
    expect(await numbers()).toEqual(ascending.toReversed());
    expect((await cells()).slice(-2)).toEqual(["", ""]);
  });

  test.each([
    [390, "light"],
    [390, "dark"],
    [1300, "dark"],
  ] as const)("fits a screen of %i pixels, %s", async (width, colorScheme) => {
    const page = await open({ viewport: { width, height: 800 }, colorScheme });
    expect(await page.locator("html").evaluate((html) => html.scrollWidth)).toBe(width);
    await screenshot(page, `${width}-${colorScheme}.png`);
  });
});
