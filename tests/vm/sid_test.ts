import { registerCases } from "./cases.ts";
import { SID } from "./releases.ts";

registerCases(SID);
