// What the tests of the page need besides world.mjs: a browser, and people who use it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { stage } from "./world.mjs";

const patience = 20_000;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Everything, and a browser. */
export async function theatre(version, options) {
  const world = await stage(version, options);
  world.complaints = [];
  try {
    world.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** Somebody opens the page in a browser of their own. What the page complains about is noted. */
export async function open(world, { width = 1080, height = 760, locale = "ko-KR", ...more } = {}) {
  const context = await world.browser.newContext({ locale, timezoneId: "Asia/Seoul", viewport: { width, height }, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => world.complaints.push(String(error)));
  page.on("console", (message) => {
    // Refusals, and a server that is killed, are meant to be; the library complains of them too.
    if (message.type() === "error" && !/ERR_|Failed to load resource|WebSocket connection|Ably/.test(message.text())) world.complaints.push(message.text());
  });
  await page.addInitScript(axe);
  await page.goto(world.base);
  return page;
}

/** Somebody opens the page and signs up. */
export async function enter(world, name, look) {
  const page = await open(world, look);
  await page.locator("#other").click();
  await fill(page, { email: `${randomUUID().slice(0, 8)}@example.com`, password: "correct horse", name });
  await connected(page);
  return page;
}

/** Fills the fields of the door and knocks. */
export async function fill(page, fields) {
  for (const [id, text] of Object.entries(fields)) await page.locator(`#${id}`).fill(text);
  await page.locator("#enter").click();
}

export const connected = (page) => page.locator('#state[data-state="connected"]').waitFor();
export const heard = (page, text) => page.locator("#messages .text", { hasText: text }).waitFor();
export const texts = (page) => page.locator("#messages .text").allTextContents();

export async function createRoom(page, name) {
  await page.locator("#room-name").fill(name);
  await page.locator("#create button").click();
  await page.locator("#room-title", { hasText: name }).waitFor();
}

export const enterRoom = (page, name) => page.locator("#rooms button", { hasText: name }).click();

export async function say(page, text) {
  await page.locator("#text").fill(text);
  await page.locator("#chat button").click();
}

/** axe-core finds nothing to complain about, targets are large enough, and nothing is wider than the screen. */
export async function check(page, name) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  });
  assert.deepEqual(found, [], name);
  const small = await page.evaluate(() => [...document.querySelectorAll("button, input")].filter((one) => one.checkVisibility())
    .map((one) => ({ html: one.outerHTML.slice(0, 120), box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 24 || box.height < 24).map(({ html }) => html));
  assert.deepEqual(small, [], `${name}: targets of 24 px`);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inner <= outer, `${name}: ${inner} px in ${outer}`);
}
