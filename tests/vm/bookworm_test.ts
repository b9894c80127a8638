import { registerCases } from "./cases.ts";
import { BOOKWORM } from "./releases.ts";

registerCases(BOOKWORM);
