// Every tfjs kernel that can be recorded. A kernel that is missing here is a missing export of one of these files, and tfjs
// names it when a program needs it.
import * as elementwise from "./elementwise.ts";
import * as linalg from "./linalg.ts";
import * as movement from "./movement.ts";
import * as reduction from "./reduction.ts";

export const lowerings = { ...elementwise, ...movement, ...reduction, ...linalg };
