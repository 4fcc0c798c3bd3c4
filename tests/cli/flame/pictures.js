/**
 * Takes the pictures of docs/profiling.md of a page of `cenote flame`: node tests/cli/flame/pictures.js PAGE.html docs/pictures
 */
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { onPage } from "../page/on_page.js";

const [file, folder] = process.argv.slice(2);
for (const colorScheme of ["light", "dark"])
  await onPage(
    pathToFileURL(resolve(file)).href,
    async (page) => {
      await page.getByLabel("Value").selectOption({ label: "At the peak, bytes" });
      await page.locator(".call", { hasText: "PyUnicode" }).first().hover();
      await page.screenshot({ path: join(folder, `flame-${colorScheme}.png`) });
    },
    { colorScheme, viewport: { width: 1440, height: 900 } },
  );
process.exit();
