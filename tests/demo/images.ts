/** Owns the addon images of the demo: what is in them and how they are packed. */

import { ensureDir } from "@std/fs";
import { dirname, join } from "@std/path";
import { TarStream, type TarStreamInput } from "@std/tar";

/** The files of an image: path and text; those in bin/ are programs. */
export type ImageFiles = Readonly<Record<string, string>>;

/** Returns the files of an image with one program and one service that runs it. */
export function describeImage(name: string, line: string): ImageFiles {
  const manifest = { kind: "image-manifest-v0", value: { bin: ["/bin"], units: [`/units/${name}.service`] } };
  return {
    ".torcx/manifest.json": JSON.stringify(manifest, undefined, 2),
    [`bin/${name}`]: `#!/bin/sh\necho "${line}"\n`,
    [`units/${name}.service`]: [
      "[Unit]",
      `Description=Demo addon ${name}`,
      "Requires=torcx.target",
      "After=torcx.target",
      "[Service]",
      "EnvironmentFile=/run/metadata/torcx",
      `ExecStart=/bin/sh -c 'exec "$TORCX_BINDIR/${name}"'`,
      "",
    ].join("\n"),
  };
}

/** Writes an image as a tgz. */
export async function packTgz(files: ImageFiles, path: string): Promise<void> {
  const encoder = new TextEncoder();
  const entries = Object.entries(files).map(([name, text]): TarStreamInput => {
    const bytes = encoder.encode(text);
    return {
      type: "file",
      path: name,
      size: bytes.length,
      readable: ReadableStream.from([bytes]),
      options: { mode: getMode(name), mtime: 0 },
    };
  });
  const dirs = [...new Set(Object.keys(files).map((name) => dirname(name)))]
    .map((name): TarStreamInput => ({ type: "directory", path: `${name}/`, options: { mtime: 0 } }));
  await ReadableStream.from([...dirs, ...entries])
    .pipeThrough(new TarStream())
    .pipeThrough(new CompressionStream("gzip"))
    .pipeTo((await Deno.create(path)).writable);
}

/** Writes an image as a squashfs, by way of a tree in a work directory. */
export async function packSquashfs(files: ImageFiles, path: string, work: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await ensureDir(dirname(join(work, name)));
    await Deno.writeTextFile(join(work, name), text);
    await Deno.chmod(join(work, name), getMode(name));
  }
  const { success, stderr } = await new Deno.Command("mksquashfs", {
    args: [work, path, "-quiet", "-no-progress", "-all-root"],
  }).output();
  if (!success) throw new Error(`Cannot pack "${path}": ${new TextDecoder().decode(stderr)}`);
}

function getMode(name: string): number {
  return name.startsWith("bin/") ? 0o755 : 0o644;
}
