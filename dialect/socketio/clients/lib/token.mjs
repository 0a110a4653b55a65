// HS256 tokens, signed and checked with nothing but node:crypto, so that the
// tests and the reference server cannot share a library's mistake.
import { createHmac, timingSafeEqual } from "node:crypto";

export const secret = process.env.FIXTURE_SECRET ?? "fixture-secret-of-at-least-32-bytes!";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const mac = (text, key) => createHmac("sha256", key).update(text).digest();

/** sign returns a token whose subject is user; seconds may be negative for one that has expired. */
export function sign(user, seconds = 3600, key = secret) {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, exp })}`;
  return `${text}.${mac(text, key).toString("base64url")}`;
}

/** unsigned returns a token that names the algorithm "none": a server that believes it has a hole. */
export function unsigned(user) {
  return `${part({ alg: "none", typ: "JWT" })}.${part({ sub: user, exp: 4102444800 })}.`;
}

export const texts = {
  token_missing: "인증 토큰이 누락되었습니다.",
  token_invalid: "유효하지 않거나 만료된 토큰입니다.",
  token_expired: "유효하지 않거나 만료된 토큰입니다.",
};

/** check returns {user} or {code}, the code being a key of texts. */
export function check(token) {
  if (token === undefined || token === null || token === "") return { code: "token_missing" };
  const [head, body, signature] = String(token).split(".");
  if (signature === undefined) return { code: "token_invalid" };
  try {
    if (JSON.parse(Buffer.from(head, "base64url")).alg !== "HS256") return { code: "token_invalid" };
    const want = mac(`${head}.${body}`, secret);
    const got = Buffer.from(signature, "base64url");
    if (got.length !== want.length || !timingSafeEqual(got, want)) return { code: "token_invalid" };
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    if (claims.exp <= Date.now() / 1000) return { code: "token_expired" };
    return { user: claims.sub };
  } catch {
    return { code: "token_invalid" };
  }
}
