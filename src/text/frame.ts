// The special tokens around texts, `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, read off a tokenizer.json without running it: the
// native tokenizer ends the process over a post-processor that refers to what is not there.
import { z } from "zod";

/** The ids of the special tokens around a pair of texts: [CLS] A [SEP] B [SEP]. */
export interface PairFrame {
  cls: number;
  sep: number;
}

/** How a definition frames texts. */
export interface Frame extends PairFrame {
  /** The tokens, as the post-processor names them. */
  clsToken: string;
  sepToken: string;
  /** What pairs become, in words, where it is not what BERT reads; undefined where it is. */
  otherPairs?: string;
}

const Named = z.tuple([z.string(), z.int().min(0)]);
const Piece = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
  z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
]);
const Special = z.object({ ids: z.array(z.int().min(0)).length(1) });

const Cased = z.object({
  type: z.enum(["BertProcessing", "RobertaProcessing"]),
  cls: Named,
  sep: Named,
});
const Template = z.object({
  type: z.literal("TemplateProcessing"),
  single: z.array(Piece),
  pair: z.array(Piece),
  special_tokens: z.record(z.string(), Special),
});
const Sequence = z.object({ type: z.literal("Sequence"), processors: z.array(z.unknown()) });
const ByteLevel = z.object({ type: z.literal("ByteLevel") });

/** Puts texts between the two tokens as BERT does. */
export function bertFrame(cls: readonly [string, number], sep: readonly [string, number]) {
  return { type: "BertProcessing", sep, cls };
}

/** The frame that a post-processor makes; in words what it makes instead, where single texts are not `[CLS] A [SEP]`. */
export function readFrame(processor: unknown): Frame | string {
  const cased = Cased.safeParse(processor);
  if (cased.success) {
    const { cls, sep, type } = cased.data;
    const [clsToken, sepToken] = [cls[0], sep[0]];
    const frame = { cls: cls[1], sep: sep[1], clsToken, sepToken };
    const doubled = `${clsToken} A ${sepToken} ${sepToken} B ${sepToken}`;
    return type === "BertProcessing" ? frame : { ...frame, otherPairs: doubled };
  }
  const template = Template.safeParse(processor);
  if (template.success) return readTemplate(template.data);
  const sequence = Sequence.safeParse(processor);
  if (!sequence.success) return "not known";
  const framing = sequence.data.processors.filter((inner) => !ByteLevel.safeParse(inner).success);
  return framing.length === 1 ? readFrame(framing[0]) : `the work of ${framing.length} processors`;
}

function readTemplate({ pair, single, special_tokens: tokens }: z.infer<typeof Template>) {
  const names = single.flatMap((piece) => ("SpecialToken" in piece ? [piece.SpecialToken.id] : []));
  const [clsToken, sepToken] = names;
  const shown = show(single);
  if (shown !== `${clsToken}:0 A:0 ${sepToken}:0`) return shown;
  const missing = [...single, ...pair].some(
    (piece) => "SpecialToken" in piece && !Object.hasOwn(tokens, piece.SpecialToken.id),
  );
  if (missing) return `${shown} with a special token that has no id`;
  const [cls, sep] = [tokens[clsToken].ids[0], tokens[sepToken].ids[0]];
  const pairs = show(pair);
  const isPair = pairs === `${clsToken}:0 A:0 ${sepToken}:0 B:1 ${sepToken}:1`;
  return { cls, sep, clsToken, sepToken, ...(!isPair && { otherPairs: pairs }) };
}

/** Every piece with its type id. */
function show(pieces: readonly z.infer<typeof Piece>[]): string {
  return pieces
    .map((piece) => ("Sequence" in piece ? piece.Sequence : piece.SpecialToken))
    .map(({ id, type_id }) => `${id}:${type_id}`)
    .join(" ");
}
