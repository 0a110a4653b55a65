// axe-core finds nothing to complain about, in both themes and languages, on a desktop and a phone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check, createRoom, enter, enterRoom, fill, heard, open, say, theatre } from "./browser.mjs";

describe("how the page looks", { timeout: 240_000 }, () => {
  let world;
  before(async () => { world = await theatre("2"); });
  after(() => world?.close());

  for (const [name, look, room, first, second] of [
    ["light-desktop", { colorScheme: "light" }, "동네 산책", "오늘 저녁에 시간 되세요? 새로 생긴 국숫집에 같이 가 보고 싶어서요.", "좋아요! 일곱 시에 정류장 앞에서 만나요."],
    ["dark-phone", { colorScheme: "dark", width: 390, height: 844 }, "책 모임", "이번 달 책 다 읽으셨어요?", "마지막 장만 남았어요."],
    ["dark-desktop-en", { colorScheme: "dark", locale: "en-US" }, "Evening walk", "Shall we try the new noodle place tonight?", "Yes! At seven, by the bus stop."],
    ["light-phone-en", { colorScheme: "light", width: 360, height: 740, locale: "en-US" }, "Book club", "Have you finished this month's book?", "Only the last chapter is left."],
    ["forced-colours", { forcedColors: "active", reducedMotion: "reduce" }, "공지", "들리나요?", "네, 잘 들려요."],
  ]) {
    test(name, async () => {
      const door = await open(world, look);
      await check(door, `${name}-door`);
      await fill(door, { email: "nobody@example.com", password: "wrong horse" });
      await door.locator("#refused:not(:empty)").waitFor();
      await check(door, `${name}-refused`);
      await door.locator("#other").click();
      await check(door, `${name}-sign-up`);
      await door.context().close();

      const [one, two] = [await enter(world, "민", look), await enter(world, "바다")];
      await check(one, `${name}-rooms`);
      await createRoom(one, room);
      await check(one, `${name}-empty`);
      await enterRoom(two, room);
      await say(two, first);
      await heard(one, first);
      await say(one, second);
      await heard(two, second);
      await check(one, `${name}-talk`);
      await one.context().close();
      await two.context().close();
      assert.deepEqual(world.complaints, []);
    });
  }

  test("a server that is away", async () => {
    const page = await enter(world, "민");
    await createRoom(page, "아무도 없는 방");
    await world.madang.kill();
    await page.locator('#state[data-state="disconnected"]').waitFor();
    await check(page, "away");
    await world.backend.kill();
    await say(page, "들리나요");
    await page.locator("#trouble:not(:empty)").waitFor();
    assert.equal(await page.locator("#text").inputValue(), "들리나요", "what was written is not lost");
    await check(page, "all-away");
  });
});
