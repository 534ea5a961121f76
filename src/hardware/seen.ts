// How every route reports what it has found.

/** What one way of looking for GPUs has found: at least one, or none and why. */
export type Seen<Device> =
  | {
      status: "devices";
      devices: readonly Device[];
      /** Drivers that were ignored, in words: a GPU may be missing for their sake. */
      warnings: readonly string[];
      /** The command or the step that makes a GPU appear that is in the machine but not among the devices. */
      remedy?: string;
    }
  | Nothing;

/** No device by this route. */
export interface Nothing {
  status: "none";
  /** In words, such as "no Vulkan driver is installed". */
  reason: string;
  /** The command or the step that changes that; absent where there is nothing to install, as on a machine without GPU. */
  remedy?: string;
}

/** A result without devices. */
export function nothing(reason: string, remedy?: string): Nothing {
  return { status: "none", reason, ...(remedy === undefined ? {} : { remedy }) };
}
