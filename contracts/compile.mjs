// Compiles the Solidity sources and writes the artifacts that the Python package ships.
//   node compile.mjs           compile and write
//   node compile.mjs --check   compile and compare bytes; exit 1 with one line on a difference
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const market = "contracts/solidity";
const fixtures = "tests/contracts/fixtures";
const targets = [
  { folders: [market], contract: "TaskMarket", artifact: "contracts/artifacts/TaskMarket.json" },
  { folders: [market, fixtures], contract: "HostileAccount", artifact: `${fixtures}/HostileAccount.json` },
  { folders: [market, fixtures], contract: "LotteryDoor", artifact: `${fixtures}/LotteryDoor.json` },
];
const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  viaIR: true,
  metadata: { bytecodeHash: "none" },
};

class Refusal extends Error {}

// Line endings are normalised, so that a checkout on Windows has the same hashes.
function readSources(folders) {
  const paths = folders.flatMap((folder) =>
    readdirSync(resolve(root, folder)).filter((name) => name.endsWith(".sol")).sort().map((name) => `${folder}/${name}`),
  );
  return Object.fromEntries(
    paths.map((path) => [path, readFileSync(resolve(root, path), "utf8").replaceAll("\r\n", "\n")]),
  );
}

function compile(sources) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: {
      ...settings,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"], "": ["ast"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const complaints = (output.errors ?? []).filter((error) => error.severity !== "info");
  if (complaints.length) throw new Refusal(complaints.map((error) => error.formattedMessage).join("\n"));
  return output;
}

// The ABI knows enums as uint8 only; their members let the Python side check its own against them.
function enumsOf(output, sources) {
  const definitions = Object.keys(sources)
    .flatMap((path) => output.sources[path].ast.nodes)
    .flatMap((node) => node.nodes ?? [])
    .filter((node) => node.nodeType === "EnumDefinition");
  return Object.fromEntries(definitions.map((node) => [node.name, node.members.map((member) => member.name)]));
}

function artifactOf({ folders, contract }) {
  const sources = readSources(folders);
  const output = compile(sources);
  const path = Object.keys(sources).find((name) => basename(name, ".sol") === contract);
  const built = output.contracts[path][contract];
  return {
    contract,
    compiler: solc.version(),
    settings,
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, text]) => [name, createHash("sha256").update(text).digest("hex")]),
    ),
    enums: enumsOf(output, sources),
    abi: built.abi,
    bytecode: `0x${built.evm.bytecode.object}`,
    deployedBytecode: `0x${built.evm.deployedBytecode.object}`,
  };
}

function writeOrCheck(target, check) {
  const path = resolve(root, target.artifact);
  const text = `${JSON.stringify(artifactOf(target), null, 1)}\n`;
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text) {
    throw new Refusal(`${target.artifact} is not what its sources compile to; run: node compile.mjs`);
  }
}

const options = process.argv.slice(2);
try {
  if (options.some((option) => option !== "--check")) throw new Refusal("usage: node compile.mjs [--check]");
  for (const target of targets) writeOrCheck(target, options.includes("--check"));
} catch (error) {
  if (!(error instanceof Refusal || error.code === "ENOENT")) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
