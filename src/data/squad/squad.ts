// SQuAD 1.1 and 2.0 as tasks, in the official files or others of their layout. Where the files are is the business of find.ts,
// what is in them of layout.ts, and what is wrong with single questions of faults.ts.
import type { SpanMetricName } from "../../metrics/squad.ts";
import type { SpanSettings } from "../settings.ts";
import type { LoadedQuestions, SpanTask } from "../task.ts";
import { constants } from "node:buffer";
import { readBytes, sha256 } from "../../files.ts";
import { parseJson } from "../../json.ts";
import { isGzip, unpack } from "../gzip.ts";
import { decodeText } from "../rows/binary.ts";
import { firstOf, numQuestions, sortOut } from "./faults.ts";
import { findSplit } from "./find.ts";
import { readLayout, type Version } from "./layout.ts";

const HINT = "is it one of SQuAD's files, which are JSON? a download may have been cut short";

/** What the two releases differ in. */
interface Release {
  version: Version;
  title: string;
  metrics: readonly SpanMetricName[];
  /** Questions in the official files. */
  numQuestions: Record<string, number>;
}

const releases: Record<SpanSettings["name"], Release> = {
  squad: {
    version: "1.1",
    title: "SQuAD 1.1 (answers in Wikipedia)",
    metrics: ["f1", "exactMatch"],
    numQuestions: { train: 87_599, dev: 10_570 },
  },
  squad2: {
    version: "2.0",
    title: "SQuAD 2.0 (answers in Wikipedia, or none)",
    metrics: ["f1", "exactMatch", "hasAnswerF1", "hasAnswerExactMatch", "noAnswerAccuracy"],
    numQuestions: { train: 130_319, dev: 11_873 },
  },
};

/** The task of that name, on the files that the settings name or the official ones. */
export function squadTask(settings: SpanSettings): SpanTask {
  const { name } = settings;
  const release = releases[name];
  return {
    name,
    title: release.title,
    kind: "span",
    labels: [],
    metrics: release.metrics,
    mainMetric: "f1",
    evaluationSplits: ["dev"],
    needsDataDir: settings.train === undefined || settings.dev === undefined,
    isSplitBySeed: false,
    load: (split, { dataDir }) =>
      readSplit(findSplit(settings, release.version, split, dataDir), settings, release, split),
  };
}

function readSplit(
  path: string,
  settings: SpanSettings,
  release: Release,
  split: string,
): LoadedQuestions {
  const { hash, value } = readFile(path);
  const { contradictory, questions } = readLayout(path, value, release.version);
  const place = `${settings.name} ${split}`;
  const policy = split === "train" ? settings.misplacedAnswers : "keep";
  const { kept, notes } = sortOut(questions, { path, place, policy });
  if (release.version === "2.0" && questions.every(({ answers }) => answers.length > 0))
    notes.push(`${place}: every question has an answer, unlike in SQuAD 2.0`);
  return {
    questions: kept,
    files: [{ path, sha256: hash }],
    notes,
    caveats: [
      ...otherSize(place, questions.length, release, split),
      ...leftOut(place, questions.length - kept.length),
      ...contradictions(place, contradictory),
    ],
  };
}

/** What the file says, and the hash of its bytes. Compressed files are known by their first bytes. */
function readFile(path: string): { value: unknown; hash: string } {
  // In a function of its own, so that the bytes are free before the text becomes objects.
  const { hash, text } = readHashed(path);
  return { value: parseJson({ path }, text, HINT), hash };
}

function readHashed(path: string): { hash: string; text: string } {
  const { MAX_STRING_LENGTH } = constants; // V8 holds no longer text
  const raw = readBytes(path, HINT);
  const bytes = isGzip(raw) ? unpack(path, raw, MAX_STRING_LENGTH, HINT) : raw;
  return { hash: sha256(raw), text: decodeText(path, bytes) };
}

/** Files of another number of questions are not the official ones. */
function otherSize(place: string, found: number, release: Release, split: string): string[] {
  const official = release.numQuestions[split];
  if (found === official) return [];
  const share = `${count(found)} of SQuAD ${release.version}'s ${count(official)} questions`;
  const other = `${count(found)} questions where SQuAD ${release.version} has ${count(official)}`;
  const what = found < official ? share : other;
  return [`${place}: ${what}: scores are not comparable with published ones`];
}

/** The notes say which and why, but only results last. */
function leftOut(place: string, number: number): string[] {
  if (number === 0) return [];
  return [`${place}: ${numQuestions(number)} ${number === 1 ? "was" : "were"} left out`];
}

function contradictions(place: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const what = `${numQuestions(ids.length)} whose is_impossible contradicts the answers, which count`;
  return [`${place}: ${what}: ${firstOf(ids)}`];
}

function count(value: number): string {
  return value.toLocaleString("en");
}
