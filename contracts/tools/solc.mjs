#!/usr/bin/env node
// Presents the npm package solc as a native compiler, to forge and slither: --version and --standard-json.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import solc from "solc";

const readImport = (path) => {
  try {
    return { contents: readFileSync(resolve(path), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
};

if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (process.argv.includes("--standard-json")) {
  const input = JSON.parse(readFileSync(0, "utf8"));
  // The compiled-to-JavaScript solc opens no files, so sources named by their path are put in here.
  for (const source of Object.values(input.sources)) {
    if (source.content === undefined) source.content = readFileSync(source.urls[0], "utf8");
    delete source.urls;
  }
  process.stdout.write(solc.compile(JSON.stringify(input), { import: readImport }));
} else {
  console.error("usage: solc.mjs --version | --standard-json < input.json");
  process.exitCode = 2;
}
