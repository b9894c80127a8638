import { registerCases } from "./cases.ts";
import { SID } from "./releases.ts";

await registerCases(SID);
