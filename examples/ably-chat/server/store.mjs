// Users, rooms and messages: in memory, and line by line in a file, from which they are read at the next start.

import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";

export class Store {
  #file;
  #written = Promise.resolve();
  #users = new Map(); // by address
  #rooms = new Map(); // by id, each with its messages
  #lastUser = 0;

  static async open(file) {
    const store = new Store();
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = await readFile(file, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    // What follows the last line break was being written when the power went.
    for (const line of text.split("\n").slice(0, -1).filter(Boolean)) store.#take(JSON.parse(line));
    if (text && !text.endsWith("\n")) await appendFile(file, "\n");
    store.#file = file;
    return store;
  }

  /** Takes over what a line says. */
  #take({ user, room, message }) {
    if (user) {
      this.#users.set(user.email, user);
      this.#lastUser = Math.max(this.#lastUser, user.id);
    }
    if (room) this.#rooms.set(room.id, { ...room, messages: [] });
    if (message) this.#rooms.get(message.roomId).messages.push(message);
  }

  /** Writes a line; what it says is there once it is on the disk. */
  #write(line) {
    const done = this.#written.then(() => appendFile(this.#file, JSON.stringify(line) + "\n", { mode: 0o600 }));
    this.#written = done.catch(() => {}); // whoever asked for it is told
    return done.then(() => this.#take(line));
  }

  userByEmail(email) { return this.#users.get(email); }
  userById(id) { return [...this.#users.values()].find((user) => user.id === id); }

  /** Returns nothing if somebody has the address. */
  async addUser(user) {
    if (this.#users.has(user.email)) return undefined;
    const added = { id: ++this.#lastUser, ...user };
    this.#users.set(user.email, added); // before the disk is waited for: nobody else gets the address meanwhile
    try {
      await this.#write({ user: added });
    } catch (error) {
      this.#users.delete(user.email);
      throw error;
    }
    return added;
  }

  rooms() { return [...this.#rooms.values()].map(({ messages, ...room }) => room); }
  hasRoom(id) { return this.#rooms.has(id); }
  async addRoom(room) { await this.#write({ room }); }

  messages(roomId, last = 100) { return this.#rooms.get(roomId).messages.slice(-last); }
  async addMessage(message) { await this.#write({ message }); }
}
