// Runs forge from the npm package with its program for this machine, without network, and exits as forge does. (The
// launcher in @foundry-rs/forge loses the exit status.)
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const machine = `${process.platform}-${process.arch}`;
// The machines whose build package-lock.json pins and which can run solc.mjs as a program.
const builds = { "linux-x64": "linux-amd64", "darwin-arm64": "darwin-arm64" };

if (!(machine in builds)) {
  console.error(`the contract's tests run on ${Object.keys(builds).join(" and ")}, not on ${machine}`);
  process.exit(2);
}

function findForge() {
  try {
    return createRequire(import.meta.url).resolve(`@foundry-rs/forge-${builds[machine]}/bin/forge`);
  } catch {
    console.error("forge is not installed; run: npm ci");
    return process.exit(2);
  }
}

const contracts = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { status } = spawnSync(findForge(), process.argv.slice(2), {
  stdio: "inherit",
  cwd: contracts,
  env: { ...process.env, FOUNDRY_OFFLINE: "true" },
});
process.exit(status ?? 1);
