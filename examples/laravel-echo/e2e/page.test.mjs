// People open the page in real browsers, over each way by which Echo reaches Madang, and over two at once.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { broadcast, heard, open, say, shot, stage, texts, together, users } from "./world.mjs";

for (const [driver, ...pairs] of [
  ["redis", ["socket.io-2", "socket.io-2"], ["socket.io", "socket.io-2"]],
  ["pusher", ["reverb", "reverb"], ["socket.io", "reverb"], ["pusher", "socket.io-2"]],
]) {
  describe(`Laravel broadcasts by ${driver}`, { timeout: 300_000 }, () => {
    let world;
    before(async () => { world = await stage(driver); });
    after(() => world?.close());

    for (const pair of pairs) {
      test(`a page with ${pair[0]}, another with ${pair[1]}`, async () => {
        const one = await open(world, 1, pair[0]);
        const two = await open(world, 2, pair[1]);
        const both = [one, two];
        for (const page of both) {
          await users(page, 1, 2);
          assert.equal(await page.locator("#count").textContent(), "2");
        }
        await Promise.all(both.map((page) => page.locator("#users").getByText("나", { exact: true }).waitFor()));

        await together(one, two);

        // The room: whispers, the page's own request, which all but its sender hear, and an event of Laravel.
        await one.getByText("바다 님이 입력하고 있습니다…").waitFor();
        await two.locator("#text").pressSequentially("안녕하세요!");
        await two.getByRole("button", { name: "보내기" }).click();
        await heard(one, "messages", "안녕하세요!");
        await heard(two, "messages", "안녕하세요!");
        await say(one, "text", "반가워요 😀 <b>&\"");
        await heard(two, "messages", "반가워요");
        await broadcast(world, "chat", "7", "모두에게"); // comes after them
        for (const page of both) {
          await heard(page, "messages", "모두에게");
          assert.deepEqual(await texts(page, "messages"), ["안녕하세요!", "반가워요 😀 <b>&\"", "모두에게"]);
          assert.equal(await page.locator("#messages .own").count(), 1);
        }

        // Notifications reach one user: a toast and a number.
        await two.locator('#users [data-user="1"]').getByRole("button").click();
        await one.locator(".toast", { hasText: "바다 님이 인사합니다." }).waitFor();
        await broadcast(world, "notify", "1", "두 번째");
        await one.locator(".toast", { hasText: "두 번째" }).waitFor();
        assert.equal(await one.locator("#unread").textContent(), "2");
        assert.equal(await two.locator("#unread").textContent(), "0");

        await say(two, "shouted", "소식입니다");
        for (const page of both) await heard(page, "public", "소식입니다");
        await shot(one, `${driver}-${pair.join("-")}`);
        await one.locator("#read").click();
        assert.equal(await one.locator("#unread").textContent(), "0");

        const three = await open(world, 3, pair[0]); // not in the room
        await three.getByText("이 방에는 들어갈 수 없습니다. 초대받은 사람만 이야기할 수 있어요. (403)").waitFor();
        assert.ok(await three.locator("#text").isDisabled());
        await Promise.all([...both, three].map((page) => users(page, 1, 2, 3)));

        await two.context().close();
        await three.context().close();
        await one.locator('#users [data-user="2"]').waitFor({ state: "detached" });
        await one.locator('#users [data-user="3"]').waitFor({ state: "detached" });
        assert.equal(await one.locator("#count").textContent(), "1");
        await one.context().close();
        assert.deepEqual(world.complaints, []);
      });
    }
  });
}
