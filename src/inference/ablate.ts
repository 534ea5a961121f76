// Which layers' adapters matter: a run's adapters are removed from every span of layers next to each other, and what is left is
// scored as it is, without training it again. One encoder and one compiled model; only the parameters change.
// Reference: Houlsby et al. 2019 §3.6 and Fig. 6.
import { outlineOf } from "../data/tasks.ts";
import { Interrupted } from "../errors.ts";
import type { AblatedSpan, Ablation, LayerSpan } from "../report/ablation.ts";
import { score } from "../train/evaluate.ts";
import { Pieces } from "../train/pieces.ts";
import type { Report } from "../train/events.ts";
import { type AblationMemory, openMemory } from "./ablation-memory.ts";
import { type EvaluationData, type OpenedRuns, readSplit } from "./evaluate.ts";
import { adapterLayers, layerSpans, withoutAdapters } from "./removal.ts";
import type { TrainedRun } from "./trained-run.ts";

export interface AblateOptions {
  /** By default the split that decided which checkpoint is best. */
  split?: string;
  /** The folder with the task's files; by default the run's own. */
  dataDir?: string;
  /** Where scores are kept while there are more to come, so that a second call goes on. */
  memoryFile: string;
  signal: AbortSignal;
  report: Report;
}

type Metrics = Readonly<Record<string, number>>;

/** The layers without adapters in a model that is to be scored; none for the intact one. */
type State = readonly number[];

/** Scores the run without the adapters of every span. Throws UserError where it has none, and Interrupted when stopped. */
export async function ablate(
  opened: OpenedRuns,
  run: TrainedRun,
  options: AblateOptions,
): Promise<Ablation> {
  const active = adapterLayers(run);
  const { experiment, result, scoring } = run;
  const { method } = experiment;
  const split = options.split ?? outlineOf(experiment.task).evaluationSplits[0];
  const data = await readSplit(opened, run, { ...options, split });
  const memory = openMemory(options.memoryFile, {
    adapterSha256: run.adapterSha256,
    encoderSha256: result.encoderSha256,
    split,
    dataSha256: data.files.map(({ sha256 }) => sha256),
  });
  const { numLayers } = opened.encoder.shape;
  const spans = layerSpans(numLayers).map((span) => ({ ...span, state: stateOf(span, active) }));
  const states = [[], ...spans.map(({ state }) => state)];
  const measured = await scoreStates(opened, run, { ...options, split, data, memory, states });
  const metricsOf = (state: State) => measured.get(String(state))!;
  noteChangedScore(run, split, metricsOf([]), options.report);
  return {
    runDir: run.runDir,
    task: experiment.task.name,
    method: "size" in method ? `${method.name} m=${method.size}` : method.name,
    encoder: experiment.encoder.source,
    split,
    mainMetric: scoring.mainMetric,
    numLayers,
    intact: metricsOf([]),
    spans: spans.map(({ first, last, state }): AblatedSpan => ({
      first,
      last,
      metrics: metricsOf(state),
    })),
    majority: result.majority[split] ?? {},
  };
}

/** A layer whose adapters do nothing is the same with and without them: no state of its own. */
function stateOf({ first, last }: LayerSpan, active: ReadonlySet<number>): State {
  const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return layers.filter((layer) => active.has(layer));
}

/** The scores of every distinct state by its layers: those that are remembered, and then the others. */
async function scoreStates(
  { engine, models }: OpenedRuns,
  run: TrainedRun,
  options: AblateOptions & {
    split: string;
    data: EvaluationData;
    memory: AblationMemory;
    states: State[];
  },
): Promise<Map<string, Metrics>> {
  const { data, memory, memoryFile, report, signal, split, states } = options;
  const distinct = new Map(states.map((state) => [String(state), state]));
  const measured = new Map<string, Metrics>();
  for (const [name, state] of distinct) {
    const metrics = memory.recall(state);
    if (metrics) measured.set(name, metrics);
  }
  const { count } = data.encoded;
  const onProgress = (examples: number) => {
    const done = measured.size * count + examples;
    report({ type: "progress", phase: "evaluate", done, total: distinct.size * count });
  };
  for (const [name, state] of distinct) {
    if (measured.has(name)) continue;
    onProgress(0);
    const model = models.of(run, withoutAdapters(run.parameters, new Set(state)));
    const pieces = new Pieces(engine.preferredTokens, report);
    const scores = await score(model, data.encoded, {
      title: `${run.runDir}: ${state.length > 0 ? `without the adapters of layers ${name}: ` : ""}${split}`,
      scoring: run.scoring,
      pieces,
      signal,
      onProgress,
    });
    if (!scores)
      throw new Interrupted(
        `stopped with ${measured.size} of ${distinct.size} models scored; their scores are in ${memoryFile}`,
        { hint: "the same command goes on from there" },
      );
    memory.remember(state, scores.metrics);
    measured.set(name, scores.metrics);
  }
  return measured;
}

/** Tells where the intact model does not score what was recorded: changes are then those of another model, or on other data. */
function noteChangedScore({ result }: TrainedRun, split: string, intact: Metrics, report: Report) {
  const recorded = result.evaluations.find(
    (evaluation) => evaluation.step === result.best?.step && evaluation.split === split,
  );
  for (const [name, found] of Object.entries(intact))
    if (recorded && recorded.metrics[name] !== found)
      report({
        type: "note",
        text: `${name} of the intact model is ${found}, recorded was ${recorded.metrics[name]}: other data, or an engine that rounds differently`,
      });
}
