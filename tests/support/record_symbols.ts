/**
 * Owns the record of the functions that a program opens by FFI, written at its end into the file that TORCX_TEST_RECORD
 * names. It is loaded in front of the program.
 */

const opened: string[] = [];
const { dlopen } = Deno;
Deno.dlopen = ((path: string, symbols: Deno.ForeignLibraryInterface) => {
  opened.push(...Object.keys(symbols));
  return dlopen(path, symbols);
}) as typeof Deno.dlopen;
addEventListener("unload", () => {
  Deno.writeTextFileSync(Deno.env.get("TORCX_TEST_RECORD")!, JSON.stringify(opened));
});
