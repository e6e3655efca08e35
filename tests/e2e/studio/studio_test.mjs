// studio_test.mjs AXIA: the studio in Chromium. AXIA_SCREENSHOTS=FOLDER keeps pictures, AXIA_ONLY=PATTERN runs some tests alone.
import { browser, what_is_missing } from "./browser.mjs";
import { keys_tests } from "./keys_tests.mjs";
import { pages_tests, pictures } from "./pages_tests.mjs";
import { playground_tests } from "./playground_tests.mjs";
import { store } from "./serving.mjs";

const missing = what_is_missing();
const model = process.env.AXIA_TEST_MODEL_FILE;
if (missing || !model) {
  console.log(missing ? `skipped: no ${missing[0]}; ${missing[1]}` : "skipped: AXIA_TEST_MODEL_FILE names no model");
  process.exit(77);
}

async function wait_for(found, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const now = await found();
    if (now) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not so within ${seconds} s: ${found}`);
}

const own = store(process.argv[2], model);
let failed = 0;
let run = 0;
try {
  for (const value of ["security", "tradition"]) own.learn(value);
  const { url } = await own.serve();
  const chrome = await browser();
  const tools = { ...chrome, url, wait_for, store: own };
  for (const [name, test] of Object.entries({ ...playground_tests(tools), ...pages_tests(tools), ...keys_tests(tools) })) {
    if (process.env.AXIA_ONLY && !new RegExp(process.env.AXIA_ONLY).test(name)) continue;
    ++run;
    try {
      await test();
      console.log(`ok      ${name}`);
    } catch (error) {
      ++failed;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  if (process.env.AXIA_SCREENSHOTS) await pictures(tools, process.env.AXIA_SCREENSHOTS);
  await chrome.close();
} finally {
  await own.end();
}
console.log(failed === 0 ? `${run} tests passed` : `${failed} of ${run} tests failed`);
process.exit(failed === 0 ? 0 : 1);
