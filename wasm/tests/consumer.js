/** Somebody else's project, with the package installed as npm packs it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

/** The package's folder. */
export const home = fileURLToPath(new URL("..", import.meta.url));

const npm = (folder, ...args) =>
  execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** Its folder, which goes when the tests end, and the paths of the files that were packed. */
export function newConsumer() {
  const folder = mkdtempSync(join(tmpdir(), "cenote-consumer-"));
  after(() => rmSync(folder, { recursive: true }));
  const [{ filename, files }] = JSON.parse(
    npm(home, "pack", "--json", "--ignore-scripts", "--pack-destination", folder),
  );
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  npm(folder, "install", "--offline", "--no-audit", "--no-fund", join(folder, filename));
  return { folder, files: new Set(files.map(({ path }) => path)) };
}
