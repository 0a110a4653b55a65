// The server dies under the pages and is started again: they come back by themselves and hear what comes afterwards.
// pusher-js takes some 15 s for it: that is how long it waits before it tries a second time.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { broadcast, heard, open, say, shot, stage, together, users } from "./world.mjs";

describe("a server that is killed", { timeout: 240_000 }, () => {
  let world;
  before(async () => { world = await stage("pusher"); });
  after(() => world?.close());

  test("pages of every kind come back", async () => {
    const pages = [];
    for (const [user, via] of [[1, "socket.io"], [2, "socket.io-2"], [1, "reverb"], [2, "pusher"]]) pages.push(await open(world, user, via));
    await world.madang.kill();
    await Promise.all(pages.map((page) => page.locator('#state:not([data-state="on"])').waitFor()));
    await say(pages[0], "text", "아무도 못 듣는 말");
    await pages[0].getByText("보내지 못했습니다. 서버에 닿지 않습니다").waitFor();
    assert.equal(await pages[0].locator("#text").inputValue(), "아무도 못 듣는 말", "what was written is not lost");
    await shot(pages[0], "restart");
    await world.madang.start();
    await Promise.all(pages.map((page) => page.locator('#state[data-state="on"]').waitFor()));
    await Promise.all(pages.map((page) => users(page, 1, 2)));

    for (const page of pages.slice(1)) await together(pages[0], page);

    // Each says something, which the others hear: all of them are in the room again, and it knows them apart.
    for (const [i, page] of pages.entries()) {
      const text = `다시, ${i}번째 창`;
      await say(page, "text", text);
      await Promise.all(pages.map((one) => heard(one, "messages", text)));
      assert.equal(await page.locator("#messages .own", { hasText: text }).count(), 1);
    }
    await broadcast(world, "notify", "2", "알림");
    await broadcast(world, "public", "소식");
    for (const page of pages) await heard(page, "public", "소식");
    for (const page of [pages[1], pages[3]]) assert.equal(await page.locator("#unread").textContent(), "1");
    for (const page of pages) assert.equal(await page.locator("#count").textContent(), "2");
    assert.deepEqual(world.complaints, []);
  });
});
