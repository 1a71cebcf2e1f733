// Makes a component of client.js: node build.mjs WIT-FOLDER OUTPUT

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";

const [wit, output] = process.argv.slice(2);
const source = await readFile(new URL("client.js", import.meta.url), "utf8");
const { component } = await componentize(source, {
  witPath: resolve(wit),
  worldName: "client",
  disableFeatures: ["http", "fetch-event"],
});
await writeFile(output, component);
