// Rooms and what is said in them. A message is stored first. Then it is published in the channel that is called as its room:
// pages that hear it ask for the list again.

import { randomUUID } from "node:crypto";
import { Refusal } from "./refusal.mjs";

export class Rooms {
  /** log gets what could not be published: it is stored all the same, and pages read it when they come back. */
  constructor({ rest, store, log = console.error }) {
    Object.assign(this, { rest, store, log });
  }

  list() { return this.store.rooms(); }

  async createRoom({ name }) {
    if (typeof name !== "string" || !name.trim() || name.length > 60) throw new Refusal(400, "room");
    const room = { id: randomUUID(), name: name.trim() };
    await this.store.addRoom(room);
    this.#publish("rooms", "created", room.id);
    return room;
  }

  messages(roomId) {
    if (!this.store.hasRoom(roomId)) throw new Refusal(404, "missing");
    return this.store.messages(roomId);
  }

  async createMessage(sender, roomId, { message: text }) {
    if (!this.store.hasRoom(roomId)) throw new Refusal(404, "missing");
    if (typeof text !== "string" || !text.trim() || text.length > 2000) throw new Refusal(400, "text");
    const message = { id: randomUUID(), roomId, senderId: sender.id, sender: sender.name, text, at: new Date().toISOString() };
    await this.store.addMessage(message);
    this.#publish(roomId, String(sender.id), text);
    return message;
  }

  /** Nobody waits for it: with the server away, what is said is stored and answered as ever. */
  #publish(channel, name, data) {
    this.rest.channels.get(channel).publish(name, data)
      .catch((error) => this.log(`not published in ${channel}: ${error.message}`));
  }
}
