// A reward rule of one's own, through the command line that the Python side calls.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Refusal } from "../compiler.mjs";
import { compileRule } from "../rule.mjs";

const compiler = fileURLToPath(new URL("../compile.mjs", import.meta.url));
const decide =
  "function decide(int256, uint256 reward, int256[] calldata margins) external pure returns (bool, uint256)";
const mine = (body, imported = "IRewardRule.sol") =>
  `// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\nimport {IRewardRule} from "${imported}";\n${body}\n`;
let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "rule-"));
});

after(() => rmSync(folder, { recursive: true }));

function compile(text) {
  writeFileSync(join(folder, "Mine.sol"), text);
  return compileRule(join(folder, "Mine.sol"));
}

function complaintsAbout(text) {
  try {
    compile(text);
  } catch (error) {
    assert.ok(error instanceof Refusal, error);
    return error.message.split("\n");
  }
  assert.fail("the rule was accepted");
}

for (const imported of ["IRewardRule.sol", "./IRewardRule.sol", "verifuse/IRewardRule.sol"]) {
  test(`a rule may import ${imported}`, () => {
    const body = `contract Mine is IRewardRule { ${decide} { return (margins.length > 0, reward); } }`;
    const { artifact, warnings } = compile(mine(body, imported));
    assert.deepEqual(warnings, []);
    assert.equal(artifact.contract, "Mine");
    assert.match(artifact.bytecode, /^0x60/);
    assert.deepEqual(artifact.abi.map((entry) => entry.name), ["decide"]);
    assert.deepEqual(Object.keys(artifact.sources), [imported.replace("./", ""), "Mine.sol"].sort());
  });
}

test("a rule may import what lies beside it", () => {
  writeFileSync(join(folder, "Half.sol"), "pragma solidity ^0.8.24;\nfunction half(uint256 n) pure returns (uint256) { return n / 2; }\n");
  const body = `import {half} from "./Half.sol";\ncontract Mine is IRewardRule { ${decide} { return (margins.length > 0, half(reward)); } }`;
  assert.deepEqual(Object.keys(compile(mine(body)).artifact.sources), ["Half.sol", "IRewardRule.sol", "Mine.sol"]);
});

test("an error is one line that says where", () => {
  const body = `/* naïve */ contract Mine is IRewardRule { ${decide} { return (missing, reward); } }`;
  const lines = complaintsAbout(mine(body));
  assert.equal(lines.length, 1);
  assert.match(lines[0], new RegExp(`^Mine\\.sol:4:${body.indexOf("missing") + 1}: DeclarationError: `));
});

test("the command prints the artifact, and warnings beside it", () => {
  writeFileSync(join(folder, "Mine.sol"), mine(`contract Mine is IRewardRule { ${decide} { return (true, reward); } }`));
  const { status, stdout, stderr } = spawnSync("node", [compiler, "--rule", join(folder, "Mine.sol")], { encoding: "utf8" });
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).contract, "Mine");
  assert.match(stderr, /^warning: Mine\.sol:4:\d+: Warning: Unused[^\n]*\n$/);
});

test("the command refuses in one line", () => {
  const { status, stdout, stderr } = spawnSync("node", [compiler, "--rule", join(folder, "Absent.sol")], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^[^\n]*no such file\n$/);
});

const refused = {
  "a file without a contract": [mine("interface Mine is IRewardRule {}"), /holds no contract/],
  "a contract that is no rule": [mine("contract Mine {}"), /no decide\(int256,uint256,int256\[\]\)/],
  "a constructor with arguments": [
    mine(`contract Mine is IRewardRule { constructor(uint256) {} ${decide} { return (margins.length > 0, reward); } }`),
    /constructor takes arguments/,
  ],
  "an external library": [
    mine(`library L { function f(uint256 n) external pure returns (uint256) { return n; } }
      contract Mine is IRewardRule { ${decide} { return (margins.length > 0, L.f(reward)); } }`),
    /external library/,
  ],
  "several contracts of other names": [mine("contract A {}\ncontract B {}"), /several contracts \(A, B\)/],
  "an import from elsewhere": [mine('import "/etc/hostname";\ncontract Mine {}'), /there is no \/etc\/hostname beside/],
  "an import of what is not there": [mine('import "./Nothing.sol";\ncontract Mine {}'), /there is no Nothing\.sol beside/],
};

for (const [what, [text, line]] of Object.entries(refused)) {
  test(`${what} is refused in one line`, () => {
    const lines = complaintsAbout(text);
    assert.equal(lines.length, 1);
    assert.match(lines[0], line);
  });
}

test("a link out of the folder is not followed", () => {
  symlinkSync(compiler, join(folder, "Link.sol"));
  assert.match(complaintsAbout(mine('import "./Link.sol";\ncontract Mine {}'))[0], /outside the folder/);
});
