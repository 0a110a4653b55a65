// What is known not to work, per server. A test on this list is still run, and
// must fail: the day it passes, the list is wrong. EXPECT names the server.
//
// socket.io-client 1.x encodes text as UTF-8 once more than later clients do
// when it is on HTTP polling (engine.io-parser 1.x; dropped in 2.0), and says
// so nowhere: both claim Engine.IO 3. Text that such a client echoes through a
// server survives, because both mistakes cancel out; text that the server reads
// is wrong, and text of the server's own beyond ASCII is a parser error in the
// client. On WebSocket all is well.
const twiceEncoded = { major: 1, why: "1.x encodes text twice on polling" };

const byServer = {
  reference: [
    { ...twiceEncoded, carriers: ["polling"], tests: /^text: the server (reads|writes)|good token|^\/(reject|per-event): (no|an|not|another) |while connected$/ },
    { ...twiceEncoded, carriers: ["polling", "upgrade"], tests: /^hands over|^\/reject: (no|an|not|another) / },
  ],
  // The texts of refusals can be written in ASCII (\uXXXX), and then reach 1.x.
  madang: [
    { ...twiceEncoded, carriers: ["polling"], tests: /^text: the server (reads|writes)|good token/ },
    { ...twiceEncoded, carriers: ["polling", "upgrade"], tests: /^hands over/ },
  ],
};

/** expected names the server whose known differences hold. */
export const expected = process.env.EXPECT ?? "madang";

/** knownFailure returns why the test cannot pass, or undefined. */
export function knownFailure(generation, carrier, test) {
  return byServer[expected].find((known) =>
    known.major === generation.major && known.carriers.includes(carrier.name) && known.tests.test(test))?.why;
}
