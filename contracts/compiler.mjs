// What solc makes of one Solidity file and of all that it imports, with the settings that Verifuse ships with.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import solc from "solc";

// The steps of solc's documentation without F, the function specialiser: it writes a function anew for each constant
// that it is called with, which makes a tenth more code and saves next to no gas.
const optimizerSteps =
  "dhfoDgvulfnTUtnIf[xa[r]EscLMcCTUtTOntnfDIulLculVcul[j]Tpeulxa[rul]xa[r]cLgvifCTUca[r]LSsTOtfDnca[r]Iulc]" +
  "jmul[jul]VcTOculjmul:fDnTOcmu";

export const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200, details: { yulDetails: { stackAllocation: true, optimizerSteps } } },
  viaIR: true,
  metadata: { bytecodeHash: "none" },
};

/** Something to tell the user in plain lines, one for each complaint. */
export class Refusal extends Error {}

/**
 * Compiles the file `entry`. `read(path)` returns the text of a source or throws a Refusal; solc asks for imports by it,
 * so `sources` holds what the file really depends on and nothing else.
 */
export function build(entry, read) {
  const texts = new Map();
  const fetch = (path) => {
    // Line endings are normalised, so that a checkout on Windows has the same hashes.
    texts.set(path, read(path).replaceAll("\r\n", "\n"));
    return texts.get(path);
  };
  const answerImport = (path) => {
    try {
      return { contents: fetch(path) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { error: error.message };
    }
  };
  const outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"];
  const input = {
    language: "Solidity",
    sources: { [entry]: { content: fetch(entry) } },
    settings: { ...settings, outputSelection: { "*": { "": ["ast"] }, [entry]: { "*": outputs } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: answerImport }));
  return {
    complaints: (output.errors ?? []).filter((error) => error.severity !== "info"),
    contracts: output.contracts?.[entry] ?? {},
    asts: Object.fromEntries(Object.entries(output.sources ?? {}).map(([path, { ast }]) => [path, ast])),
    sources: Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The names of the contracts in the file that can be deployed: no interface, library or abstract contract. */
export function deployable(built, entry) {
  return built.asts[entry].nodes
    .filter((node) => node.nodeType === "ContractDefinition" && node.contractKind === "contract" && !node.abstract)
    .map((node) => node.name);
}

/** What is known of a compiled contract, as it is written to disk. */
export function artifactOf(built, contract) {
  const { abi, evm } = built.contracts[contract];
  return {
    contract,
    compiler: solc.version(),
    settings,
    sources: Object.fromEntries(
      Object.entries(built.sources).map(([path, text]) => [path, createHash("sha256").update(text).digest("hex")]),
    ),
    enums: enumsOf(built),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
  };
}

// The ABI knows enums as uint8 only; their members let the Python side check its own against them.
function enumsOf(built) {
  const definitions = Object.keys(built.sources)
    .flatMap((path) => built.asts[path].nodes)
    .flatMap((node) => [node, ...(node.nodes ?? [])])
    .filter((node) => node.nodeType === "EnumDefinition");
  return Object.fromEntries(definitions.map((node) => [node.name, node.members.map((member) => member.name)]));
}

/** A complaint as one line: file:line:column: kind: what is wrong. */
export function lineOf({ type, message, sourceLocation }, sources) {
  const said = `${type}: ${message.replaceAll(/\s*\n\s*/g, " ")}`;
  const text = sources[sourceLocation?.file];
  if (text === undefined || sourceLocation.start < 0) return said;
  // solc counts bytes.
  const before = Buffer.from(text).subarray(0, sourceLocation.start).toString().split("\n");
  return `${sourceLocation.file}:${before.length}:${before.at(-1).length + 1}: ${said}`;
}

/** The text of a file that lies in the folder or below it, links followed. */
export function readBelow(folder, path) {
  const full = resolve(folder, path);
  if (isAbsolute(path) || !statSync(full, { throwIfNoEntry: false })?.isFile()) {
    throw new Refusal(`there is no ${path} beside the file that is compiled`);
  }
  const inside = relative(realpathSync(folder), realpathSync(full));
  if (inside.startsWith("..") || isAbsolute(inside)) throw new Refusal(`${path} lies outside the folder`);
  return readFileSync(full, "utf8");
}
