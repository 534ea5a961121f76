// Parity with PyTorch on the engines that run everywhere.
import { engines, withConstants } from "../support/engines.ts";
import { describeParity } from "../support/suites/parity.ts";

describeParity([...engines, ...withConstants]);
