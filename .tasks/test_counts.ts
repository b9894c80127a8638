/** Owns the reading of Deno's JUnit report: how many tests passed, failed and were skipped. */

/** What a test run came to; steps count as tests of their own. */
export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
  skippedNames: string[];
  failedNames: string[];
}

const CASE = /<testcase name="([^"]*)"[^>]*>\s*(<skipped|<failure|<error|<\/testcase)/g;
const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Returns the counts of a report, undefined if the run did not get as far as writing one. */
export function countTests(junit: string): TestCounts | undefined {
  if (!junit.includes("<testsuites")) return undefined;
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] };
  for (const [, text = "", outcome] of junit.matchAll(CASE)) {
    const name = text.replace(/&(\w+);/g, (all, entity) => ENTITIES[entity] ?? all);
    if (outcome === "<skipped") {
      counts.skipped++;
      counts.skippedNames.push(name);
    } else if (outcome === "</testcase") counts.passed++;
    else {
      counts.failed++;
      counts.failedNames.push(name);
    }
  }
  return counts;
}
