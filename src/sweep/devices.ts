// What the cells of a sweep are computed on, found out before the first: where nothing that they ask for can be had, none begins.
import { type Choice, chooseEngine, type Examiners } from "../device/choose.ts";
import type { EngineName } from "../engine/create.ts";
import type { Experiment } from "../config/schema.ts";
import { UserError } from "../errors.ts";

export interface ChosenDevices {
  /** The engine for cells that leave the choice to us: cells of one table should not differ by where they were computed. */
  prefer?: EngineName;
  /** What was chosen and why, a line for each device that is asked for. */
  notes: string[];
}

/**
 * Chooses for every device and precision that occurs. Throws the UserError of the first where none of them can be had; where some
 * can, the cells of the others fail and say so.
 */
export async function chooseDevices(
  experiments: readonly Experiment[],
  examiners?: Examiners,
): Promise<ChosenDevices> {
  const settings = new Map(
    experiments.map(({ device, precision }) => [`${device} ${precision}`, { device, precision }]),
  );
  const notes: string[] = [];
  const errors: UserError[] = [];
  let prefer: EngineName | undefined;
  for (const { device, precision } of settings.values()) {
    const choice = await chooseEngine(device, { precision, ...(examiners && { examiners }) }).catch(
      (error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        errors.push(error);
        return undefined;
      },
    );
    if (!choice) continue;
    if (device === "auto" && precision === undefined) prefer = choice.engine;
    notes.push(describe(device, choice));
  }
  if (errors.length > 0 && notes.length === 0) throw errors[0];
  return { notes, ...(prefer && { prefer }) };
}

/** Such as "device: auto: webgpu (a standard step takes …)". */
function describe(device: string, { engine, reason }: Choice): string {
  const chosen = device === engine ? device : `${device}: ${engine}`;
  return `device: ${chosen}${reason === undefined ? "" : ` (${reason})`}`;
}
