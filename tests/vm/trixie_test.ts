import { registerCases } from "./cases.ts";
import { TRIXIE } from "./releases.ts";

registerCases(TRIXIE);
