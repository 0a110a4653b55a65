// axe-core finds nothing to complain about, in both themes, on a desktop, a tablet and a phone; and nothing is wider than the screen.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { broadcast, heard, open, say, shot, stage, together, users } from "./world.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("the page", { timeout: 240_000 }, () => {
  let world;
  before(async () => { world = await stage("redis"); });
  after(() => world?.close());

  async function check(page, name) {
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
    await shot(page, name);
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    });
    assert.deepEqual(found, [], name);
    const small = await page.evaluate(() => [...document.querySelectorAll("button, input, select")]
      .map((one) => ({ html: one.outerHTML.slice(0, 120), box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24).map(({ html }) => html));
    assert.deepEqual(small, [], `${name}: targets of 24 px`);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(inner <= outer, `${name}: ${inner} px in ${outer}`);
  }

  const withAxe = (page) => page.addInitScript(axe);

  for (const colorScheme of ["light", "dark"]) {
    for (const [form, width, height] of [["desktop", 1280, 860], colorScheme === "light" ? ["tablet", 900, 900] : ["phone", 390, 844]]) {
      test(`${colorScheme}, ${form}`, async () => {
        const look = { colorScheme, width, height, before: withAxe };
        const one = await open(world, 1, "socket.io", look);
        await users(one, 1);
        await check(one, `${colorScheme}-${form}-alone`);
        const two = await open(world, 2, "socket.io-2");
        await users(one, 2);
        await together(one, two);
        await say(two, "text", "오늘 저녁에 시간 되세요? 새로 생긴 국숫집에 같이 가 보고 싶어서요.");
        await heard(one, "messages", "오늘 저녁에");
        await say(one, "text", "좋아요! 일곱 시에 정류장 앞에서 만나요.");
        await heard(two, "messages", "일곱 시에");
        await broadcast(world, "public", "오늘 밤 11시부터 10분 동안 점검합니다. 쓰시던 글은 미리 저장해 주세요.");
        await heard(one, "public", "점검합니다");
        await two.locator("#text").pressSequentially("네");
        await one.locator("#typing").getByText("입력하고 있습니다").waitFor();
        await two.locator('#users [data-user="1"]').getByRole("button").click();
        await one.locator(".toast").waitFor();
        await check(one, `${colorScheme}-${form}-talk`);
        await two.context().close();
        await one.context().close();
        const three = await open(world, 3, "socket.io", look);
        await three.getByText("(403)").waitFor();
        await check(three, `${colorScheme}-${form}-refused`);
        await three.context().close();
        assert.deepEqual(world.complaints, []);
      });
    }
  }

  test("a server that is away, and forced colours", async () => {
    const page = await open(world, 1, "socket.io", { forcedColors: "active", reducedMotion: "reduce", before: withAxe });
    await users(page, 1);
    await world.madang.kill();
    await page.locator('#state[data-state="error"]').waitFor();
    await say(page, "text", "들리나요");
    await page.getByText("보내지 못했습니다").waitFor();
    await check(page, "away");
    await page.emulateMedia({ forcedColors: "none" });
    await check(page, "away-colours");
  });
});
