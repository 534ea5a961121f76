// The contract of learners on the engines that run everywhere.
import { engines } from "../support/engines.ts";
import { describeLearners } from "../support/suites/learners.ts";

describeLearners(engines);
