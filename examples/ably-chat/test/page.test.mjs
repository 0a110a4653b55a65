// People open the page in real browsers, with each version of the library.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { connected, createRoom, enter, enterRoom, fill, heard, open, say, texts, theatre } from "./browser.mjs";
import { versions } from "./world.mjs";

for (const version of versions) {
  describe(`the page with ably ${version}`, { timeout: 300_000 }, () => {
    let world;
    const begin = async (options) => { world = await theatre(version, options); };
    afterEach(async () => {
      await world?.close();
      assert.deepEqual(world.complaints, []);
    });

    test("two people talk", async () => {
      await begin();
      const [min, bada] = [await enter(world, "민"), await enter(world, "바다")];
      assert.match(await min.locator("#library").textContent(), new RegExp(`^ably ${version}\\.`));
      assert.match(await min.locator("#client-id").textContent(), /@example\.com$/);
      await createRoom(min, "산책");
      await enterRoom(bada, "산책"); // its page was told of the room
      await say(min, "안녕하세요!");
      await heard(bada, "안녕하세요!");
      await say(bada, "반가워요 😀 <b>&\"");
      await heard(min, "반가워요");
      for (const page of [min, bada]) {
        assert.deepEqual(await texts(page), ["안녕하세요!", "반가워요 😀 <b>&\""]);
        assert.equal(await page.locator("#messages .own").count(), 1);
      }
      assert.equal(await min.locator("#messages .line b").textContent(), "바다");

      await createRoom(bada, "다른 방");
      await say(bada, "여기서는 다른 이야기");
      await heard(bada, "다른 이야기");
      await min.locator("#rooms", { hasText: "다른 방" }).waitFor();
      assert.equal((await texts(min)).length, 2, "each room has its own");
      await enterRoom(bada, "산책");
      await heard(bada, "안녕하세요!");

      await min.reload(); // the token is kept
      await connected(min);
      await enterRoom(min, "산책");
      await say(bada, "다시 왔네요");
      await heard(min, "다시 왔네요");
    });

    test("who is not let in is told why", async () => {
      await begin();
      const page = await open(world);
      const account = { email: "min@example.com", password: "correct horse" };
      await page.locator("#other").click();
      await fill(page, { ...account, name: "민" });
      await connected(page);
      await page.locator("#logout").click();
      await page.locator("#other").click(); // the form is as it was: for signing up
      await fill(page, { ...account, password: "wrong horse" });
      await page.locator("#refused", { hasText: "이메일이나 비밀번호가 맞지 않습니다." }).waitFor();
      await page.locator("#other").click();
      await fill(page, { ...account, name: "다른 사람" });
      await page.locator("#refused", { hasText: "이미 가입된 이메일입니다." }).waitFor();
      await page.locator("#language").click();
      await page.locator("#other").click();
      await fill(page, { ...account, password: "wrong horse" });
      await page.locator("#refused", { hasText: "Email or password is wrong." }).waitFor();
      await fill(page, account);
      await page.locator("#state", { hasText: "Connected" }).waitFor();
    });

    test("tokens are renewed under the page's feet", async () => {
      await begin({ env: { TOKEN_TTL: "8000" } });
      const [min, bada] = [await enter(world, "민"), await enter(world, "바다")];
      await createRoom(min, "산책");
      await enterRoom(bada, "산책");
      await min.locator("#renewed", { hasText: "3번" }).waitFor();
      await bada.locator("#renewed", { hasText: "3번" }).waitFor();
      await say(min, "아직 여기 있어요"); // the back end's token has run out too
      await heard(bada, "아직 여기 있어요");
      for (const page of [min, bada]) assert.equal(await page.locator("#state").textContent(), "연결됨");
    });

    test("tokens that run out are renewed", async () => {
      await begin({ env: { TOKEN_TTL: "3000" } });
      const [min, bada] = [await enter(world, "민"), await enter(world, "바다")];
      await createRoom(min, "산책");
      await enterRoom(bada, "산책");
      await bada.locator("#renewed", { hasText: "2번" }).waitFor();
      await say(min, "아직 여기 있어요");
      await heard(bada, "아직 여기 있어요");
    });

    test("renewed as in the post: with a strict server the page says what is wrong", async () => {
      await begin({ env: { TOKEN_TTL: "8000", AS_IN_THE_POST: "1" } });
      const page = await enter(world, "민");
      await page.locator("#trouble", { hasText: "requestToken({clientId})" }).waitFor();
      await page.locator("#trouble button").click();
      await page.locator("#login").waitFor();
    });

    test("renewed as in the post: with a lenient server it goes on", async () => {
      await begin({ lenient: true, env: { TOKEN_TTL: "8000", AS_IN_THE_POST: "1" } });
      const [min, bada] = [await enter(world, "민"), await enter(world, "바다")];
      await createRoom(min, "산책");
      await enterRoom(bada, "산책");
      await bada.locator("#renewed", { hasText: "2번" }).waitFor();
      assert.match(await bada.locator("#client-id").textContent(), /@example\.com$/);
      await say(min, "여전히");
      await heard(bada, "여전히");
    });

    test("a server that is killed: pages come back, and nothing that was said is lost", async () => {
      await begin();
      const [min, bada] = [await enter(world, "민"), await enter(world, "바다")];
      await createRoom(min, "산책");
      await enterRoom(bada, "산책");
      await say(min, "하나");
      await heard(bada, "하나");
      await world.madang.kill();
      for (const page of [min, bada]) await page.locator('#state:not([data-state="connected"])').waitFor();
      await say(min, "둘");
      await heard(min, "둘");
      await world.madang.start();
      for (const page of [min, bada]) await connected(page);
      await heard(bada, "둘");
      await say(bada, "셋");
      await heard(min, "셋");
      for (const page of [min, bada]) assert.deepEqual(await texts(page), ["하나", "둘", "셋"]);
    });
  });
}
