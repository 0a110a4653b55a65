// Who somebody is: sign-up, login, and the tokens for the realtime server.

import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import jwt from "jsonwebtoken";
import { Refusal } from "./refusal.mjs";

const hash = promisify(scrypt);
const nobody = { salt: randomBytes(16).toString("hex"), password: randomBytes(32).toString("hex") };
const sessionDays = 14;

export class Auth {
  /**
   * @param rest    a client of Ably's REST interface, with the key
   * @param secret  signs this application's own tokens; the realtime server does not know it
   * @param ttl     how long tokens live, in milliseconds; undefined: an hour, as the server says
   * @param asInThePost  makes two mistakes that are easily made; see there
   */
  constructor({ rest, store, secret, ttl, asInThePost = false }) {
    Object.assign(this, { rest, store, secret, ttl, asInThePost });
  }

  async signUp({ email, password, name }) {
    const address = String(email ?? "").trim().toLowerCase();
    if (address.length > 254 || !/^[^\s@]+@[^\s@]+$/.test(address)) throw new Refusal(400, "email");
    if (typeof password !== "string" || password.length < 8 || password.length > 200) throw new Refusal(400, "password");
    if (typeof name !== "string" || !name.trim() || name.length > 40) throw new Refusal(400, "name");
    const salt = randomBytes(16).toString("hex");
    const hashed = (await hash(password, salt, 32)).toString("hex");
    const user = await this.store.addUser({ email: address, name: name.trim(), salt, password: hashed });
    if (!user) throw new Refusal(409, "taken");
    return user;
  }

  /** An unknown address and a wrong password are not told apart, nor by how long it takes. */
  async user({ email, password }) {
    const user = this.store.userByEmail(String(email ?? "").trim().toLowerCase());
    const { salt, password: wanted } = user ?? nobody;
    const given = await hash(String(password ?? "").slice(0, 200), salt, 32);
    if (!timingSafeEqual(given, Buffer.from(wanted, "hex")) || !user) throw new Refusal(401, "login");
    return user;
  }

  /**
   * The token of a login: one of this application's own, which it takes as proof of who asks, with one of the realtime
   * server's inside. Pages show it to both.
   */
  async token(user) {
    const token = await this.rest.auth.requestToken({ clientId: user.email, ...this.#limits() });
    const payload = { sub: String(user.id), name: user.name, "x-ably-token": token.token };
    if (this.asInThePost) return jwt.sign(payload, this.secret, { audience: "chat" });
    // What is outside must not outlive what is inside: its reader would be refused. So no expiresIn: "1d".
    return jwt.sign({ ...payload, exp: Math.floor(token.expires / 1000) }, this.secret, { audience: "chat" });
  }

  /**
   * The next token for a page whose own is running out: what authUrl answers, and its content type.
   *
   * As in the post it is a new token without the clientId. The connection has one and cannot become nobody: servers refuse
   * that (40102), and the client gives up. With auth.ably.lenient Madang keeps the connection who it is.
   */
  async reCreate(user) {
    if (this.asInThePost) return ["application/json", JSON.stringify(await this.rest.auth.requestToken(this.ttl && { ttl: this.ttl }))];
    return ["application/jwt", await this.token(user)];
  }

  /** Pages only listen: who wants to say something asks this application, which knows who it is, stores it and publishes it. */
  #limits() {
    return { ...(this.ttl && { ttl: this.ttl }), ...(!this.asInThePost && { capability: { "*": ["subscribe"] } }) };
  }

  /** The user whom a request's token names. */
  userOfToken(header) {
    return this.#verified(String(header ?? "").replace(/^Bearer /, ""), "chat");
  }

  /** A cookie that scripts cannot read says who may renew: the token itself may have run out by then. */
  sessionCookie(user) {
    const session = jwt.sign({ sub: String(user.id) }, this.secret, { audience: "session", expiresIn: `${sessionDays}d` });
    return `session=${session}; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=${sessionDays * 86_400}`;
  }

  userOfCookie(header) {
    return this.#verified(/(?:^|; )session=([^;]+)/.exec(header ?? "")?.[1] ?? "", "session");
  }

  #verified(token, audience) {
    try {
      return this.store.userById(Number(jwt.verify(token, this.secret, { audience, algorithms: ["HS256"] }).sub));
    } catch {
      return undefined;
    }
  }
}
