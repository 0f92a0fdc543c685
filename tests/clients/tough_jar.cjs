// Stores Set-Cookie lines in tough-cookie, one jar per case, and prints what the jars hold.
//
// Standard input: [{"id", "url", "lines": [...]}], a byte of a line per character.
// Standard output: {"id": [cookie, ...]}, times in whole seconds since 1970.
"use strict";

const fs = require("fs");
const { CookieJar, MemoryCookieStore } = require("tough-cookie");

// One moment for all, so that a Max-Age gives the same expiry with and without the module.
const NOW = new Date("2026-11-23T12:00:00Z");

function seconds(time) {
  return time === Infinity || time === undefined ? null : Math.floor(time / 1000);
}

function describe(cookie) {
  return {
    name: cookie.key,
    value: cookie.value,
    path: cookie.path,
    domain: cookie.domain,
    host_only: cookie.hostOnly,
    expires: seconds(cookie.expiryTime(NOW)),
    secure: cookie.secure,
    http_only: cookie.httpOnly,
    same_site: cookie.sameSite === undefined ? null : cookie.sameSite,
  };
}

// What the jar holds when the lines have come one after the other, as a browser would take them:
// nameless cookies too, the prefixes checked, errors meaning "not stored".
function judge(url, lines) {
  const store = new MemoryCookieStore();
  const jar = new CookieJar(store, { looseMode: true, prefixSecurity: "silent" });
  for (const line of lines) {
    jar.setCookieSync(line, url, { now: NOW, ignoreError: true, sameSiteContext: "strict" });
  }
  const held = jar.serializeSync().cookies.length;
  const cookies = [];
  store.getAllCookies((error, all) => cookies.push(...all));
  if (cookies.length !== held) {
    throw new Error("the store gave only a part of its cookies");
  }
  return cookies.filter((cookie) => cookie.expiryTime(NOW) > NOW.getTime()).map(describe);
}

const cases = JSON.parse(fs.readFileSync(0, "utf8"));
const result = {};
for (const { id, url, lines } of cases) {
  result[id] = judge(url, lines);
}
process.stdout.write(JSON.stringify(result));
