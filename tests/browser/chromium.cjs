// Drives Chromium for the tests. On standard input a JSON array a line, [command, argument...]; its
// answer on standard output, {"answer": ...} or {"error": text}, a line each, in the same order.
//
// A visitor is a profile of its own with one page: nothing is shared between two of them.
"use strict";

const { EventEmitter, once } = require("events");
const readline = require("readline");
const { chromium } = require("playwright-core");

const [executable, hosts] = process.argv.slice(2);
const PATIENCE_MS = 20000;
const visitors = new Map();
let browser;
let protocol;

// What Chromium itself says about responses: the lines that it refused, and heads of status 103. It
// tells that by events of their own, which may come after the page.
async function watchResponses(visitor) {
  const session = await visitor.context.newCDPSession(visitor.page);
  visitor.profile = (await session.send("Target.getTargetInfo")).targetInfo.browserContextId;
  await session.send("Network.enable");
  const note = (list, ...told) => {
    list.push(...told);
    visitor.news.emit("news");
  };
  session.on("Network.responseReceivedExtraInfo", ({ blockedCookies }) => note(visitor.refused,
    ...blockedCookies.map(({ cookieLine, blockedReasons }) =>
      ({ line: cookieLine, reasons: blockedReasons }))));
  session.on("Network.responseReceivedEarlyHints", ({ headers }) => note(visitor.early, headers));
}

// The next thing of a list, once it is there.
async function next(visitor, list) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!list.length) {
    await once(visitor.news, "news", { signal });
  }
  return list.shift();
}

// What the page shows once a navigation is complete; `begin` starts it.
async function arrive(visitor, begin) {
  const [response] = await Promise.all([
    visitor.page.waitForNavigation({ waitUntil: "load" }), begin(visitor.page)]);
  return {
    url: visitor.page.url(),
    status: response.status(),
    text: await visitor.page.evaluate(() => document.body.innerText),
  };
}

const commands = {
  async open(name) {
    // The certificate was made by the tests a moment ago.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const visitor = { context, page: await context.newPage(), refused: [], early: [],
                      news: new EventEmitter() };
    await watchResponses(visitor);
    visitors.set(name, visitor);
  },

  async close(name) {
    await visitors.get(name).context.close();
    visitors.delete(name);
  },

  // The profile without any cookie.
  async forget(name) {
    const visitor = visitors.get(name);
    await visitor.context.clearCookies();
    visitor.refused.length = visitor.early.length = 0;
  },

  // An address typed by the user.
  visit: (name, url) => arrive(visitors.get(name), (page) => page.goto(url)),

  // A link of the current page, clicked.
  follow: (name, url) => arrive(visitors.get(name), async (page) => {
    await page.evaluate((to) => {
      const link = document.createElement("a");
      link.href = to;
      link.textContent = "here";
      link.id = "link-to-follow";
      document.body.append(link);
    }, url);
    await page.click("#link-to-follow");
  }),

  // A form of the current page, sent by POST.
  post: (name, url, fields) => arrive(visitors.get(name), (page) => page.evaluate(
    ([to, values]) => {
      const form = document.createElement("form");
      form.action = to;
      form.method = "post";
      for (const [key, value] of Object.entries(values)) {
        const input = document.createElement("input");
        input.name = key;
        input.value = value;
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    }, [url, fields])),

  // A script of the current page.
  run: (name, script, argument) => visitors.get(name).page.evaluate(
    ([text, value]) => new Function("value", `return (async () => { ${text} })()`)(value),
    [script, argument]),

  // All cookies of the profile, as Chromium's own protocol tells them.
  async jar(name) {
    const { profile } = visitors.get(name);
    return (await protocol.send("Storage.getCookies", { browserContextId: profile })).cookies;
  },

  // The next head of status 103.
  early: (name) => next(visitors.get(name), visitors.get(name).early),

  // The next line that was refused, with Chromium's reasons.
  refusal: (name) => next(visitors.get(name), visitors.get(name).refused),

  // All that Chromium has told of so far.
  refused: (name) => visitors.get(name).refused.splice(0),
};

async function main() {
  browser = await chromium.launch({
    executablePath: executable,
    // As root Chromium runs without its sandbox only; it visits nothing but our own servers.
    chromiumSandbox: process.getuid() !== 0,
    args: [`--host-resolver-rules=${hosts}`],
  });
  protocol = await browser.newBrowserCDPSession();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, ...words] = JSON.parse(line);
    let told;
    try {
      told = { answer: (await commands[command](...words)) ?? null };
    } catch (problem) {
      told = { error: String(problem) };
    }
    process.stdout.write(JSON.stringify(told) + "\n");
  }
  await browser.close();
}

main();
