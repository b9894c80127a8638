import { registerCases } from "./cases.ts";
import { BOOKWORM } from "./releases.ts";

await registerCases(BOOKWORM);
