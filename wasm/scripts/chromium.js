/** Starts Chromium without a window: $CHROMIUM, or `chromium` on PATH, which scripts/setup of the repository installs. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { chromium } from "playwright-core";

function executable() {
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, "chromium"));
  const found = process.env.CHROMIUM ?? places.find(existsSync);
  if (!found) throw new Error("no chromium on PATH: call scripts/setup wasm, or let CHROMIUM name one");
  return found;
}

export const startChromium = (...flags) => chromium.launch({ executablePath: executable(), args: flags });
