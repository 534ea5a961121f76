// A pair of ends of a terminal, from the system's C library.
import { createRequire } from "node:module";
import type koffi from "koffi";

/** Opens a terminal; undefined where the system has none to give. */
export function openTerminal(): { outer: number; inner: number } | undefined {
  try {
    const { load } = createRequire(import.meta.url)("koffi") as typeof koffi;
    const openpty = load("libc.so.6").func(
      "int openpty(_Out_ int *outer, _Out_ int *inner, void *name, void *settings, void *size)",
    );
    const [outer, inner] = [[0], [0]];
    return openpty(outer, inner, null, null, null) === 0
      ? { outer: outer[0], inner: inner[0] }
      : undefined;
  } catch {
    return undefined;
  }
}
