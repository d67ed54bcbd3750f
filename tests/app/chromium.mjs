// Unpacks the Chromium of @sparticuz/chromium and prints where it and the libraries that it needs lie.
import { tmpdir } from "node:os";
import { join } from "node:path";

// Packed for a bare Linux, it brings its libraries only where it believes to be on one.
process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
console.log(await chromium.executablePath());
console.log(join(tmpdir(), "al2023", "lib"));
