// Compiles Solidity sources, each with what it imports and nothing else.
//   node compile.mjs [Name ...]           compile the market, the rules and the tests' fixtures; write their artifacts
//   node compile.mjs --lenient [Name ...] the same in spite of warnings
//   node compile.mjs --check [Name ...]   compare bytes with the artifacts instead; exit 1 with a line on a difference
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Refusal, artifactOf, build, deployable, readBelow } from "./compiler.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const shipped = "contracts/artifacts";
const fixtures = "tests/contracts/artifacts";

function solidityFilesOf(folder) {
  if (!existsSync(resolve(root, folder))) return [];
  return readdirSync(resolve(root, folder), { recursive: true })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".sol"))
    .sort();
}

function targets(names) {
  const into = (folder) => (entry) => {
    const name = basename(entry, ".sol");
    return { entry, name, artifact: `${folder}/${name}.json` };
  };
  const all = [
    ...["contracts/solidity/TaskMarket.sol"].map(into(shipped)),
    ...["rules", "paper"].flatMap((room) => solidityFilesOf(`contracts/solidity/${room}`)).map(into(shipped)),
    ...solidityFilesOf("contracts/test/fixtures").map(into(fixtures)),
  ];
  for (const name of names) {
    if (!all.some((target) => target.name === name)) throw new Refusal(`there is no ${name}.sol to compile`);
  }
  return names.length ? all.filter(({ name }) => names.includes(name)) : all;
}

/** The artifact's text, or nothing if the file holds no contract that can be deployed. */
function compile({ entry, name }, lenient) {
  const built = build(entry, (path) => readBelow(root, path));
  const complaints = built.complaints.filter((error) => !lenient || error.severity === "error");
  if (complaints.length) throw new Refusal(complaints.map((error) => error.formattedMessage).join("\n"));
  return deployable(built, entry).includes(name) ? `${JSON.stringify(artifactOf(built, name), null, 1)}\n` : null;
}

function writeOrCheck(names, { check = false, lenient = false }) {
  const wanted = new Set();
  for (const target of targets(names)) {
    const text = compile(target, lenient);
    if (text === null) continue;
    wanted.add(target.artifact);
    const path = resolve(root, target.artifact);
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    } else if (!existsSync(path) || readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text) {
      throw new Refusal(`${target.artifact} is not what its sources compile to; run: node compile.mjs`);
    }
  }
  if (!names.length) leaveNoOther(wanted, check);
}

function leaveNoOther(wanted, check) {
  for (const folder of [shipped, fixtures].filter((folder) => existsSync(resolve(root, folder)))) {
    for (const name of readdirSync(resolve(root, folder))) {
      const artifact = `${folder}/${name}`;
      if (wanted.has(artifact)) continue;
      if (check) throw new Refusal(`${artifact} has no source any more; run: node compile.mjs`);
      rmSync(resolve(root, artifact));
    }
  }
}

const [first, ...rest] = process.argv.slice(2);
try {
  if (first === "--check") writeOrCheck(rest, { check: true });
  else if (first === "--lenient") writeOrCheck(rest, { lenient: true });
  else writeOrCheck(first ? [first, ...rest] : [], {});
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
